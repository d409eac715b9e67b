"""A part of a form that is folded away until it is asked for."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.buttons import IconButton


class Fold(QWidget):
    folded = Signal(bool)

    def __init__(
        self, theme: Theme, title: str, content: QLayout, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title = title
        self.button = IconButton(theme, "right", f"Show {title.lower()}", text=title, parent=self)
        self.button.setCheckable(True)
        self._content = QWidget(self)
        self._content.setProperty("look", "clear")
        self._content.setLayout(content)
        content.setContentsMargins(0, 0, 0, 0)
        self._content.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        column.addWidget(self.button)
        column.addWidget(self._content)
        self.button.toggled.connect(self._unfold)

    def _unfold(self, shown: bool) -> None:
        self._content.setVisible(shown)
        self.button.set_picture(
            "down" if shown else "right", f"{'Hide' if shown else 'Show'} {self._title.lower()}"
        )
        self.folded.emit(not shown)
