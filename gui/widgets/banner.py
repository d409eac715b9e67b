"""A message across the page: what happened, what can be done, and a way to put it away."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.icons import pixmap
from gui.theme import Theme
from gui.widgets.buttons import IconButton
from gui.widgets.labels import label

BannerKind = Literal["notice", "warning", "error"]
_AT_MOST = 4


class Banner(QFrame):
    """One message; `acted` when its button is used."""

    acted = Signal()
    closed = Signal()

    def __init__(
        self,
        theme: Theme,
        kind: BannerKind,
        text: str,
        action: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.kind = kind
        self.setProperty("banner", kind)
        self._picture = QLabel(self)
        self._message = label(text, wrap=True, selectable=True, parent=self)
        close = IconButton(theme, "close", "Dismiss this message", self)
        close.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        space = theme.space
        row.setContentsMargins(space.m, space.s, space.s, space.s)
        row.setSpacing(space.s)
        row.addWidget(self._picture)
        row.addWidget(self._message, 1)
        if action:
            button = QPushButton(action, self)
            button.clicked.connect(self.acted)
            row.addWidget(button)
        row.addWidget(close)
        theme.changed.connect(self._tint)
        self._tint()

    @property
    def text(self) -> str:
        return self._message.text()

    def append(self, line: str) -> None:
        self._message.setText(f"{self.text}\n{line}")

    def _tint(self) -> None:
        colours = self._theme.colours
        colour = {"notice": colours.accent, "warning": colours.warning, "error": colours.error}[
            self.kind
        ]
        side = self._theme.lines(1.1)
        self._picture.setPixmap(pixmap(self.kind, colour, side, self.devicePixelRatioF()))


class BannerStack(QWidget):
    """The messages that are up, newest last; one that says the same again replaces the first."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._banners: list[Banner] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space.xs)
        self.hide()

    @property
    def banners(self) -> list[Banner]:
        return list(self._banners)

    def add(self, kind: BannerKind, text: str, action: str = "") -> Banner:
        for old in self.banners:
            if old.text == text:
                self.remove(old)
        banner = Banner(self._theme, kind, text, action, self)
        banner.closed.connect(self._close_sender)
        banner.acted.connect(self._close_sender)
        self._column.addWidget(banner)
        self._banners.append(banner)
        for old in self.banners[:-_AT_MOST]:
            self.remove(old)
        self.show()
        announcement = QAccessibleAnnouncementEvent(self, text)
        QAccessible.updateAccessibility(announcement)
        return banner

    def clear(self) -> None:
        for banner in self.banners:
            self.remove(banner)

    def _close_sender(self) -> None:
        sender = self.sender()
        if isinstance(sender, Banner):
            self.remove(sender)

    def remove(self, banner: Banner) -> None:
        """Put it away; nothing happens where it is gone already."""
        if banner not in self._banners:
            return
        self._banners.remove(banner)
        self._column.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self.setVisible(bool(self._banners))
