"""What was asked, above the replies, and the way to the session's other prompts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.contract import Case
from gui.compare.case_switcher import CaseSwitcher, tool_tip
from gui.compare.draft_model import prompt_text
from gui.theme import Theme
from gui.widgets.buttons import IconButton, TextButton
from gui.widgets.labels import ElidedLabel, label


class AskedLine(QWidget):
    case_chosen = Signal(int)
    again_wanted = Signal()
    change_wanted = Signal()
    resume_wanted = Signal()
    export_wanted = Signal()
    cost_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._several = False
        self._title = label("Asked", "small-muted", parent=self)
        self._text = ElidedLabel("", "", self)
        self.switcher = CaseSwitcher(theme, self)
        self.switcher.chosen.connect(self.case_chosen)
        self.switcher.places_changed.connect(self._show_title)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        row.addWidget(self.switcher, 1)
        self.marks = IconButton(theme, "marks", "Mark words that the first column lacks", self)
        self.marks.setCheckable(True)
        row.addWidget(self.marks)
        self.resume = TextButton(theme, "play", "Resume", "Run what is missing", parent=self)
        self.again = TextButton(theme, "again", "Run again", "Run this session again", parent=self)
        words = "Run this session again with changes"
        self.change = TextButton(theme, "sliders", "Change…", words, parent=self)
        self.export = TextButton(theme, "export", "Export", "Export this session", parent=self)
        self.cost = TextButton(theme, "cost", "Cost", "See what this session costs", parent=self)
        self.resume.clicked.connect(self.resume_wanted)
        self.again.clicked.connect(self.again_wanted)
        self.change.clicked.connect(self.change_wanted)
        self.export.clicked.connect(self.export_wanted)
        self.cost.clicked.connect(self.cost_wanted)
        for button in (self.resume, self.again, self.change, self.cost, self.export):
            row.addWidget(button)
        self.show_cases((), 0, ())

    def show_cases(self, cases: tuple[Case, ...], shown: int, differing: tuple[int, ...]) -> None:
        """differing: the places of the cases whose replies are not all the same."""
        self.setVisible(bool(cases))
        if not cases:
            return
        several = len(cases) > 1
        self.switcher.setVisible(several)
        self._text.setVisible(not several)
        whole = prompt_text(cases[shown])
        self._text.setText(" ".join(whole.split()))
        self._text.setToolTip(tool_tip(whole))
        self._several = several
        self.switcher.show_cases(cases, shown, differing)

    def show_availability(
        self,
        *,
        why_no_resume: str,
        why_not_again: str,
        why_no_change: str,
        why_no_cost: str,
        why_no_export: str,
    ) -> None:
        """Resume is there only where something is missing; the others say why they cannot be used."""
        self.resume.setVisible(not why_no_resume)
        for button, why, words in (
            (self.again, why_not_again, "Run this session again, as it was"),
            (self.change, why_no_change, "Run it again with other models, settings or sampling"),
            (self.cost, why_no_cost, "See what this session costs, and what a cheaper model saves"),
            (self.export, why_no_export, "Export this session"),
        ):
            button.setEnabled(not why)
            button.setToolTip(why or words)

    def _show_title(self) -> None:
        self._title.setText(self.switcher.words if self._several else "Asked")
