"""What both contenders thought of one token of the reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QProgressBar, QVBoxLayout, QWidget

from gui.divergence.words import percent, quoted, token_rows, token_title, token_verdict
from gui.theme import Theme
from gui.widgets.labels import ElidedLabel, label

if TYPE_CHECKING:  # the engine's parts are imported when they are used
    from engine.divergence import Divergence
    from engine.protocol import TokenChance

N_TOP: Final = 5
_WHOLE: Final = 1000


class TokenDetails(QFrame):
    def __init__(self, theme: Theme, names: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self.setProperty("look", "card")
        self.title = label("", "strong", wrap=True, parent=self)
        self.verdict = label("", wrap=True, parent=self)
        self._values = [
            label("", "small", wrap=True, selectable=True, parent=self) for _ in range(5)
        ]
        self._keys = [label("", "small-muted", wrap=True, parent=self) for _ in range(5)]
        self.lists = tuple(TopList(theme, name, self) for name in names)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.space.l)
        grid.setVerticalSpacing(theme.space.xs)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        for row, (key, value) in enumerate(zip(self._keys, self._values, strict=True)):
            grid.addWidget(key, row, 0, top)
            grid.addWidget(value, row, 1, top)
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.s)
        column.addWidget(self.title)
        column.addWidget(self.verdict)
        column.addLayout(grid)
        for each in self.lists:
            column.addSpacing(space.xs)
            column.addWidget(each)
        column.addStretch(1)

    def show_token(self, found: Divergence, place: int) -> None:
        token = found.tokens[place]
        self.title.setText(token_title(found, place))
        self.verdict.setText(token_verdict(found, place, self._names))
        for row, (key, value) in enumerate(token_rows(found, place, self._names)):
            self._keys[row].setText(key)
            self._values[row].setText(value)
        for shown, chances in zip(self.lists, (token.top, token.candidate_top), strict=True):
            shown.show_chances(chances, token.token)

    @property
    def words(self) -> list[tuple[str, str]]:
        """Name and value of each row on show."""
        return [(k.text(), v.text()) for k, v in zip(self._keys, self._values, strict=True)]


class TopList(QWidget):
    """The tokens that one contender found likeliest; that of the reply is told by a mark."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.space.s)
        grid.setVerticalSpacing(theme.space.xs)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        grid.setColumnMinimumWidth(2, theme.characters(8))
        grid.addWidget(label(f"Likeliest for {name}", "small-muted", parent=self), 0, 0, 1, 3)
        for row in range(1, N_TOP + 1):
            text = ElidedLabel("", "small", self)
            bar = QProgressBar(self)
            bar.setRange(0, _WHOLE)
            bar.setTextVisible(False)
            bar.setAccessibleName(f"Probability of number {row} for {name}")
            chance = label("", "small", parent=self)
            chance.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for place, widget in enumerate((text, bar, chance)):
                grid.addWidget(widget, row, place)
            self._rows.append((text, bar, chance))

    def show_chances(self, chances: Sequence[TokenChance], written: int) -> None:
        for row, (text, bar, chance) in enumerate(self._rows):
            there = row < len(chances)
            for widget in (text, bar, chance):
                widget.setVisible(there)
            if there:
                each = chances[row]
                mark = " ◂ in the reply" if each.token == written else ""
                text.setText(quoted(each.text) + mark)
                bar.setValue(round(_WHOLE * each.probability))
                chance.setText(percent(each.probability))

    @property
    def texts(self) -> list[str]:
        return [text.text() for text, _, _ in self._rows if not text.isHidden()]
