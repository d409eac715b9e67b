"""The settings of a suite run: which cases, how often, and how much may be lost."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from gui.quality.cases_form import CasesForm
from gui.quality.cases_model import CasesModel
from gui.quality.suite_work import SuiteSettings
from gui.quality.terms_bar import JUDGED_BY
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, NumberField, RealField, add_row, form


class SuiteForm(QWidget):
    """Shows the settings; every change is told with the changed ones."""

    edited = Signal(object)

    def __init__(
        self,
        theme: Theme,
        settings: SuiteSettings,
        cases: CasesModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.cases = CasesForm(theme, cases, self)
        self.margin = RealField(settings.margin_points, 0.1, 50.0, step=1.0)
        self.max_tokens = NumberField(settings.max_tokens, 1, 1 << 20, step=64)
        self.repeats = NumberField(settings.repeats, 1, 100)
        self.temperature = RealField(settings.temperature, 0.0, 2.0, step=0.1)
        self.deterministic = QCheckBox("One case at a time", self)
        self.judged_by = ChoiceField(JUDGED_BY, settings.judged_by, self)
        self.judged_by.let_shrink()
        self._lay_out(theme)
        self.judged_by.currentIndexChanged.connect(self._edit)
        self.deterministic.toggled.connect(self._edit)
        for field in (self.margin, self.max_tokens, self.repeats, self.temperature):
            field.valueChanged.connect(self._edit)

    def show_settings(self, settings: SuiteSettings) -> None:
        self.blockSignals(True)
        self.margin.set_number(settings.margin_points)
        self.max_tokens.set_number(settings.max_tokens)
        self.repeats.set_number(settings.repeats)
        self.temperature.set_number(settings.temperature)
        self.judged_by.set_choice(settings.judged_by)
        self.deterministic.setChecked(settings.deterministic)
        self.blockSignals(False)
        self._settings = settings

    def set_locked(self, locked: bool) -> None:
        self.cases.set_locked(locked)
        fields = (self.margin, self.max_tokens, self.repeats, self.temperature)
        for widget in (*fields, self.judged_by, self.deterministic):
            widget.setEnabled(not locked)

    def _lay_out(self, theme: Theme) -> None:
        self.deterministic.setAccessibleName("One case at a time")
        self.deterministic.setToolTip(
            "Slower, and the same replies byte for byte each time. Otherwise many cases are answered at once."
        )
        rows = form(theme)
        add_row(
            rows,
            "Margin, points",
            self.margin,
            "How many of 100 cases a candidate may lose and still be good enough.",
        )
        add_row(
            rows,
            "Judged by",
            self.judged_by,
            "Scores count checks by their weights, where a case passes in part.",
        )
        add_row(rows, "At most, tokens", self.max_tokens, "The longest reply.")
        add_row(
            rows,
            "Repeats",
            self.repeats,
            "How often each case is asked; its repeats are averaged and count as one case.",
        )
        add_row(
            rows,
            "Temperature",
            self.temperature,
            "0 always takes the likeliest word, so that repeats are alike.",
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addWidget(self.cases)
        column.addLayout(rows)
        column.addWidget(self.deterministic)
        column.addStretch(1)

    def _edit(self, _value: object = None) -> None:
        before = self._settings
        self._settings = msgspec.structs.replace(
            before,
            margin_points=self.margin.number,
            max_tokens=self.max_tokens.number or before.max_tokens,
            repeats=self.repeats.number or before.repeats,
            temperature=self.temperature.number,
            deterministic=self.deterministic.isChecked(),
            judged_by="score" if self.judged_by.choice == "score" else "passed",
        )
        self.edited.emit(self._settings)
