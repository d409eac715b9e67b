"""The way to the session's other prompts, to all of them or only to those where the replies differ."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from engine.contract import Case
from gui.compare.draft_model import prompt_text
from gui.theme import Theme
from gui.widgets.buttons import IconButton

_SHOWN_OF_TEXT = 120


class CaseSwitcher(QWidget):
    chosen = Signal(int)
    """The place of a case among all of them."""
    places_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cases: tuple[Case, ...] = ()
        self._differing: tuple[int, ...] = ()
        self._shown = 0
        self._places: list[int] = []
        self.cases = QComboBox(self)
        self.cases.setAccessibleName("Prompt of the session")
        self.cases.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.cases.currentIndexChanged.connect(self._choose)
        self.only = IconButton(theme, "differ", "Only prompts where the replies differ", self)
        self.only.setCheckable(True)
        self.only.setEnabled(False)
        self.only.toggled.connect(self._narrow)
        self.earlier = IconButton(theme, "left", "Previous prompt", self)
        self.later = IconButton(theme, "right", "Next prompt", self)
        self.earlier.clicked.connect(self._go_back)
        self.later.clicked.connect(self._go_on)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        row.addWidget(self.cases, 1)
        for button in (self.only, self.earlier, self.later):
            row.addWidget(button)

    def show_cases(self, cases: tuple[Case, ...], shown: int, differing: tuple[int, ...]) -> None:
        """differing: the places of the cases whose replies are not all the same."""
        self._cases, self._shown, self._differing = cases, shown, differing
        if not differing and self.only.isChecked():
            self.only.setChecked(False)
        self.only.setEnabled(bool(differing))
        self.only.setToolTip(
            self.only.accessibleName() if differing else "No prompt has replies that differ."
        )
        self._fill()

    def neighbour(self, steps: int) -> int | None:
        """The place of the case that lies so many steps away on offer."""
        if self._shown not in self._places:
            return None
        there = self._places.index(self._shown) + steps
        return self._places[there] if 0 <= there < len(self._places) else None

    @property
    def words(self) -> str:
        """Where the shown case stands, and how many differ where only those are on offer."""
        words = f"Prompt {self._shown + 1} of {len(self._cases)}"
        return f"{words}, {len(self._differing)} differ" if self.only.isChecked() else words

    def _fill(self) -> None:
        """The shown case stays on offer even where its replies are the same."""
        if self.only.isChecked():
            self._places = sorted({*self._differing, self._shown})
        else:
            self._places = list(range(len(self._cases)))
        titles = [_title(self._cases[place]) for place in self._places]
        self.cases.blockSignals(True)
        if titles != [self.cases.itemText(i) for i in range(self.cases.count())]:
            self.cases.clear()
            self.cases.addItems(titles)
        if self._shown in self._places:
            self.cases.setCurrentIndex(self._places.index(self._shown))
            self.cases.setToolTip(tool_tip(prompt_text(self._cases[self._shown])))
        self.cases.blockSignals(False)
        self.earlier.setEnabled(self.neighbour(-1) is not None)
        self.later.setEnabled(self.neighbour(1) is not None)
        self.places_changed.emit()

    def _narrow(self, only: bool) -> None:
        self._fill()
        if only and self._differing and self._shown not in self._differing:
            after = (place for place in self._differing if place > self._shown)
            self.chosen.emit(next(after, self._differing[0]))

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._places):
            self.chosen.emit(self._places[row])

    def step(self, steps: int) -> None:
        place = self.neighbour(steps)
        if place is not None:
            self.chosen.emit(place)

    def _go_back(self) -> None:
        self.step(-1)

    def _go_on(self) -> None:
        self.step(1)


def tool_tip(text: str) -> str:
    shown = text if len(text) <= 2000 else text[:2000] + "…"
    return f"<p>{escape(shown).replace(chr(10), '<br>')}</p>"


def _title(case: Case) -> str:
    return " ".join(prompt_text(case).split())[:_SHOWN_OF_TEXT]
