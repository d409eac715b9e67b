"""What was asked, above the replies, and the way to the session's other prompts."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from engine.contract import Case
from gui.compare.draft_model import prompt_text
from gui.theme import Theme
from gui.widgets.buttons import IconButton, TextButton
from gui.widgets.labels import ElidedLabel, label


class AskedLine(QWidget):
    case_chosen = Signal(int)
    again_wanted = Signal()
    resume_wanted = Signal()
    export_wanted = Signal()
    cost_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("Asked", "small-muted", parent=self)
        self._text = ElidedLabel("", "", self)
        self.cases = QComboBox(self)
        self.cases.setAccessibleName("Prompt of the session")
        self.cases.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.cases.currentIndexChanged.connect(self.case_chosen)
        self.earlier = IconButton(theme, "left", "Previous prompt", self)
        self.later = IconButton(theme, "right", "Next prompt", self)
        self.earlier.clicked.connect(self._go_back)
        self.later.clicked.connect(self._go_on)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        row.addWidget(self._title)
        row.addWidget(self._text, 1)
        row.addWidget(self.cases, 1)
        row.addWidget(self.earlier)
        row.addWidget(self.later)
        self.resume = TextButton(theme, "play", "Resume", "Run what is missing", parent=self)
        self.again = TextButton(theme, "again", "Run again", "Run this session again", parent=self)
        self.export = TextButton(theme, "export", "Export", "Export this session", parent=self)
        self.cost = TextButton(theme, "cost", "Cost", "See what this session costs", parent=self)
        self.resume.clicked.connect(self.resume_wanted)
        self.again.clicked.connect(self.again_wanted)
        self.export.clicked.connect(self.export_wanted)
        self.cost.clicked.connect(self.cost_wanted)
        for button in (self.resume, self.again, self.cost, self.export):
            row.addWidget(button)
        self.show_cases((), 0)

    def show_cases(self, cases: tuple[Case, ...], shown: int) -> None:
        self.setVisible(bool(cases))
        if not cases:
            return
        several = len(cases) > 1
        for part in (self.cases, self.earlier, self.later):
            part.setVisible(several)
        self._text.setVisible(not several)
        self._title.setText(f"Prompt {shown + 1} of {len(cases)}" if several else "Asked")
        whole = prompt_text(cases[shown])
        self._text.setText(" ".join(whole.split()))
        self._text.setToolTip(_tool_tip(whole))
        self.cases.setToolTip(_tool_tip(whole))
        self._fill(cases, shown)
        self.earlier.setEnabled(shown > 0)
        self.later.setEnabled(shown < len(cases) - 1)

    def show_availability(
        self, why_no_resume: str, why_not_again: str, why_no_cost: str, why_no_export: str
    ) -> None:
        """Resume is there only where something is missing; the others say why they cannot be used."""
        self.resume.setVisible(not why_no_resume)
        for button, why, words in (
            (self.again, why_not_again, "Run this session again, as it was"),
            (self.cost, why_no_cost, "See what this session costs, and what a cheaper model saves"),
            (self.export, why_no_export, "Export this session as JSON"),
        ):
            button.setEnabled(not why)
            button.setToolTip(why or words)

    def _fill(self, cases: tuple[Case, ...], shown: int) -> None:
        self.cases.blockSignals(True)
        titles = [" ".join(prompt_text(case).split())[:120] for case in cases]
        if titles != [self.cases.itemText(i) for i in range(self.cases.count())]:
            self.cases.clear()
            self.cases.addItems(titles)
        self.cases.setCurrentIndex(shown)
        self.cases.blockSignals(False)

    def _go_back(self) -> None:
        self.case_chosen.emit(self.cases.currentIndex() - 1)

    def _go_on(self) -> None:
        self.case_chosen.emit(self.cases.currentIndex() + 1)


def _tool_tip(text: str) -> str:
    shown = text if len(text) <= 2000 else text[:2000] + "…"
    return f"<p>{escape(shown).replace(chr(10), '<br>')}</p>"
