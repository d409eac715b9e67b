"""What was asked, above the replies, and the way to the session's other prompts."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from engine.contract import Case
from gui.compare.draft_model import prompt_text
from gui.theme import Theme
from gui.widgets.buttons import IconButton
from gui.widgets.labels import ElidedLabel, label


class AskedLine(QWidget):
    case_chosen = Signal(int)

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
        self.earlier = IconButton(theme, "left", "Previous prompt", parent=self)
        self.later = IconButton(theme, "right", "Next prompt", parent=self)
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
