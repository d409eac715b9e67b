"""The settings of a suite run: which cases, how many, and how much may be lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QVBoxLayout, QWidget

from gui.quality.suite_work import SuiteSettings
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField, NumberField, RealField, add_row, form
from gui.widgets.labels import ElidedLabel, label

if TYPE_CHECKING:
    from engine.quality.generators.ready import ReadySuite

_FILE: Final = ""


class SuiteForm(QWidget):
    """Shows the settings; every change is told with the changed ones."""

    edited = Signal(object)

    def __init__(
        self, theme: Theme, settings: SuiteSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._about: dict[str, str] = {}
        self.source = ChoiceField({_FILE: "A file of your cases"}, _FILE, self)
        self.about = label("", "small-muted", wrap=True, parent=self)
        self.file = TextButton(
            theme, "export", "Choose file…", "Choose a file of cases", parent=self
        )
        self.file_name = ElidedLabel("", "small-muted", self)
        self.cases = NumberField(settings.cases, 1, 1000, step=10)
        self.seed = NumberField(settings.seed, 0, (1 << 31) - 1)
        self.margin = RealField(settings.margin_points, 0.1, 50.0, step=1.0)
        self.max_tokens = NumberField(settings.max_tokens, 1, 1 << 20, step=64)
        self.deterministic = QCheckBox("One case at a time", self)
        self._lay_out(theme)
        self._show_source()
        self._listen()

    def show_ready(self, suites: Sequence[ReadySuite]) -> None:
        """Offer the ready suites before the user's own file."""
        self._about = {each.name: each.about for each in suites}
        self.source.blockSignals(True)
        self.source.clear()
        for each in suites:
            self.source.addItem(each.title, each.name)
        self.source.addItem("A file of your cases", _FILE)
        self.source.set_choice(self._settings.ready)
        self.source.blockSignals(False)
        self._show_source()

    def set_locked(self, locked: bool) -> None:
        for widget in (
            self.source,
            self.file,
            self.cases,
            self.seed,
            self.margin,
            self.max_tokens,
            self.deterministic,
        ):
            widget.setEnabled(not locked)

    def choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Choose cases", "", "Cases (*.yaml *.yml *.json *.jsonl *.csv);;All files (*)"
        )
        if name:
            self._settings = msgspec.structs.replace(self._settings, path=name)
            self._edit()

    def _lay_out(self, theme: Theme) -> None:
        self.source.setAccessibleName("Cases")
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
        add_row(rows, "Cases", self.cases, "More cases make the verdict surer.")
        add_row(rows, "Seed", self.seed, "Another seed makes other cases of the same kind.")
        add_row(rows, "At most, tokens", self.max_tokens, "The longest reply.")
        self._rows = rows
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addWidget(label("Cases", "small-muted", parent=self))
        for part in (self.source, self.about, self.file, self.file_name):
            column.addWidget(part)
        column.addLayout(rows)
        column.addWidget(self.deterministic)
        column.addStretch(1)

    def _listen(self) -> None:
        self.source.currentIndexChanged.connect(self._edit)
        self.file.clicked.connect(self.choose_file)
        self.deterministic.toggled.connect(self._edit)
        for field in (self.cases, self.seed, self.margin, self.max_tokens):
            field.valueChanged.connect(self._edit)

    def _edit(self, _value: object = None) -> None:
        before = self._settings
        self._settings = msgspec.structs.replace(
            before,
            ready=self.source.choice,
            cases=self.cases.number or before.cases,
            seed=before.seed if self.seed.number is None else self.seed.number,
            margin_points=self.margin.number,
            max_tokens=self.max_tokens.number or before.max_tokens,
            deterministic=self.deterministic.isChecked(),
        )
        self._show_source()
        self.edited.emit(self._settings)

    def _show_source(self) -> None:
        own = self.source.choice == _FILE
        self.about.setText(
            "YAML, JSON, JSONL or CSV, as promptfoo has them: prompts with checks."
            if own
            else self._about.get(self.source.choice, "")
        )
        self.file.setVisible(own)
        self.file_name.setVisible(own and bool(self._settings.path))
        self.file_name.setText(Path(self._settings.path).name)
        self.file_name.setToolTip(self._settings.path)
        for field in (self.cases, self.seed):
            self._rows.setRowVisible(field, not own)
