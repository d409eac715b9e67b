"""By what a shown result is judged; a change judges the same replies anew."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.contract import ChoiceMetric
from gui.quality.suite_work import SuiteFound, Terms
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, RealField
from gui.widgets.labels import label

JUDGED_BY: Final = {"passed": "passed cases", "score": "scores reached in part"}
_METRICS: Final = {
    "acc": "acc, as a whole",
    "acc_norm": "acc_norm, per character",
    "acc_per_token": "acc_per_token",
}
_ANEW: Final = "The same replies are judged anew."


class TermsBar(QWidget):
    """`changed` carries the Terms."""

    changed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.margin = RealField(5.0, 0.1, 50.0, step=1.0, parent=self)
        self.margin.setAccessibleName("Margin that these results are judged by, points")
        self.margin.setToolTip(
            f"The loss of passed cases, in points of 100, that would still do. {_ANEW}"
        )
        self.margin.setKeyboardTracking(False)
        self.judged_by = ChoiceField(JUDGED_BY, "passed", self)
        self.judged_by.setAccessibleName("What these results are judged by")
        self.judged_by.setToolTip(
            f"Scores count checks by their weights, where a case passes in part. {_ANEW}"
        )
        self.choices_by = ChoiceField(_METRICS, "acc_norm", self)
        self.choices_by.setAccessibleName("What decides a multiple choice")
        self.choices_by.setToolTip(
            f"Which text counts as chosen: the likeliest as a whole, per character or per token. {_ANEW}"
        )
        self._choices_label = label("multiple choice by", "small-muted", parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        row.addWidget(label("Judged at a margin of", "small-muted", parent=self))
        row.addWidget(self.margin)
        row.addWidget(label("points by", "small-muted", parent=self))
        row.addWidget(self.judged_by)
        row.addWidget(self._choices_label)
        row.addWidget(self.choices_by)
        row.addStretch(1)
        self.margin.valueChanged.connect(self._tell)
        for field in (self.judged_by, self.choices_by):
            field.currentIndexChanged.connect(self._tell)

    def show_found(self, found: SuiteFound) -> None:
        """The metric is offered where the suite holds a multiple choice."""
        terms = found.terms
        self.blockSignals(True)
        self.margin.set_number(round(terms.margin * 100, 6))
        self.judged_by.set_choice(terms.judged_by)
        self.choices_by.set_choice(terms.metric)
        self.blockSignals(False)
        chooses = any(case.right is not None for case in found.suite.cases)
        for part in (self._choices_label, self.choices_by):
            part.setVisible(chooses)

    def _tell(self, _value: object = None) -> None:
        self.changed.emit(
            Terms(
                margin=self.margin.number / 100.0,
                metric=cast(ChoiceMetric, self.choices_by.choice),
                judged_by="score" if self.judged_by.choice == "score" else "passed",
            )
        )
