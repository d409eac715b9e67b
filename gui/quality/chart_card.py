"""A card with a chart, and above it the choice of what the chart shows."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.fields import ChoiceField


class ChartCard(QFrame):
    """Without its chart at first: a chart's import takes half a second, so it comes with the first result."""

    def __init__(
        self, theme: Theme, words: Mapping[str, str], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self.choice = ChoiceField(words, next(iter(words), ""), self)
        self.choice.setAccessibleName(name)
        chosen = QHBoxLayout()
        chosen.addWidget(self.choice)
        chosen.addStretch(1)
        space = theme.space
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(space.m, space.m, space.m, space.m)
        self._column.addLayout(chosen)

    def put(self, chart: QWidget) -> None:
        self._column.addWidget(chart)
