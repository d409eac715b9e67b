"""A small window under the button that opened it; Esc or a click elsewhere closes it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.labels import label
from gui.widgets.scrolling import scrolling


class Popover(QFrame):
    """Put parts into `body`, buttons into `foot`; it lives until it is closed."""

    closed = Signal()

    def __init__(self, theme: Theme, title: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("look", "popover")
        self.setAccessibleName(title)
        self._theme = theme
        space = theme.space
        self._inner = QWidget()
        self._inner.setProperty("look", "clear")
        self.body = QVBoxLayout(self._inner)
        self.body.setContentsMargins(space.l, 0, space.l, space.s)
        self.body.setSpacing(space.s)
        self._scroll = scrolling(self._inner, self)
        heading = label(title, "strong", parent=self)
        heading.setContentsMargins(space.l, space.m, space.l, space.s)
        self.foot = QHBoxLayout()
        self.foot.setContentsMargins(space.l, 0, space.l, space.m)
        self.foot.setSpacing(space.s)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(heading)
        column.addWidget(self._scroll, 1)
        column.addLayout(self.foot)

    def open_at(self, anchor: QWidget) -> None:
        """Show it below the anchor, or above where there is more room, inside the screen."""
        self.fit()
        screen = anchor.screen().availableGeometry()
        below = anchor.mapToGlobal(QPoint(0, anchor.height() + self._theme.space.xs))
        above = anchor.mapToGlobal(QPoint(0, -self._theme.space.xs))
        room_below, room_above = screen.bottom() - below.y(), above.y() - screen.top()
        if self.height() > room_below and room_above > room_below:
            self.resize(self.width(), min(self.height(), room_above))
            top = above.y() - self.height()
        else:
            self.resize(self.width(), min(self.height(), room_below))
            top = below.y()
        left = max(screen.left(), min(below.x(), screen.right() - self.width()))
        self.move(left, top)
        self.show()
        self.focusNextChild()

    def fit(self) -> None:
        """Take the size that the parts want."""
        wanted = self._inner.sizeHint()
        extra = self.sizeHint().height() - self._scroll.sizeHint().height()
        width = max(wanted.width(), self._theme.characters(60))
        height = wanted.height()
        if self._inner.hasHeightForWidth():
            height = self._inner.heightForWidth(width)
        self.resize(width + 2, height + extra + 2)

    def refit(self) -> None:
        """Take the size that the parts want now, where it stands."""
        self._column.activate()
        top_left = self.pos()
        self.fit()
        screen = self.screen().availableGeometry()
        self.resize(self.width(), min(self.height(), screen.height()))
        lowest = screen.bottom() - self.height()
        self.move(top_left.x(), max(screen.top(), min(top_left.y(), lowest)))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.closed.emit()
