"""A person sets a check of a case, with a reason that is kept."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from engine.contract import CaseScore
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, add_row, form
from gui.widgets.popover import Popover

_PASSED, _FAILED = "passed", "failed"


class OverruleForm(Popover):
    """Offers every check of the given scores, which are those of one case."""

    decided = Signal(object, int, bool, str)
    """The CaseScore, the place of the check in it, whether it passes, and why."""

    def __init__(self, theme: Theme, scores: Sequence[CaseScore], parent: QWidget) -> None:
        super().__init__(theme, "Overrule a check", parent)
        self._checks = [(score, place) for score in scores for place in range(len(score.checks))]
        self.check = ChoiceField({}, "", self)
        for score, place in self._checks:
            found = score.checks[place]
            self.check.addItem(f"{score.contender}: {found.label or found.check}")
        self.outcome = ChoiceField({_PASSED: "passes", _FAILED: "fails"}, _PASSED, self)
        self.reason = QLineEdit(self)
        self.apply = QPushButton("Overrule", self)
        self.apply.setProperty("look", "primary")
        self.apply.setEnabled(False)
        rows = form(theme)
        add_row(rows, "Check", self.check)
        add_row(rows, "It", self.outcome)
        add_row(
            rows, "Reason", self.reason, "It is kept with the score, and the verdict counts it."
        )
        self.body.addLayout(rows)
        self.foot.addStretch(1)
        self.foot.addWidget(self.apply)
        self.check.currentIndexChanged.connect(self._turn)
        self.reason.textChanged.connect(self._judge_reason)
        self.reason.returnPressed.connect(self.apply.click)
        self.apply.clicked.connect(self._decide)
        self._turn(0)

    def _turn(self, place: int) -> None:
        """The likelier wish is the opposite of what the check found."""
        score, check = self._checks[place]
        self.outcome.set_choice(_FAILED if score.checks[check].passed else _PASSED)

    def _judge_reason(self, text: str) -> None:
        self.apply.setEnabled(bool(text.strip()))

    def _decide(self) -> None:
        score, check = self._checks[self.check.currentIndex()]
        passes = self.outcome.choice == _PASSED
        self.decided.emit(score, check, passes, self.reason.text().strip())
        self.close()
