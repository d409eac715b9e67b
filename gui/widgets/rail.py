"""The navigation rail: pages at the top, what concerns the whole window at the bottom."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.buttons import RailButton


class Rail(QFrame):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("look", "rail")
        self.setAccessibleName("Navigation")
        self.setFixedWidth(theme.characters(12))
        self._top = QVBoxLayout()
        self._bottom = QVBoxLayout()
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space.xs, space.m, space.xs, space.s)
        column.setSpacing(space.xs)
        for part in (self._top, self._bottom):
            part.setSpacing(space.xs)
        column.addLayout(self._top)
        column.addStretch(1)
        column.addLayout(self._bottom)

    def add_page(self, picture: str, text: str, name: str) -> RailButton:
        """A page of the window; one of them is checked."""
        button = RailButton(self._theme, picture, text, name, "rail", self)
        button.setCheckable(True)
        self._top.addWidget(button)
        return button

    def add_switch(self, picture: str, text: str, name: str, *, at_bottom: bool) -> RailButton:
        """Something beside the pages, to be shown or done."""
        button = RailButton(self._theme, picture, text, name, "rail-switch", self)
        (self._bottom if at_bottom else self._top).addWidget(button)
        return button
