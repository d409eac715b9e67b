"""Buttons that carry one of our icons and keep its tint in step with the theme."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QWidget

from gui.icons import icon
from gui.theme import Theme


class IconButton(QToolButton):
    """A small button of an icon alone, or of icon and text; `name` is what a screen reader says."""

    def __init__(
        self,
        theme: Theme,
        picture: str,
        name: str,
        *,
        text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = picture
        self.setAccessibleName(name)
        self.setToolTip(name)
        side = theme.lines(1)
        self.setIconSize(QSize(side, side))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if text:
            self.setText(text)
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.setProperty("look", "text")
        theme.changed.connect(self._tint)
        self._tint()

    def set_picture(self, picture: str, name: str) -> None:
        self._picture = picture
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._tint()

    def _tint(self) -> None:
        colours = self._theme.colours
        self.setIcon(icon(self._picture, colours.muted, colours.border))


class RailButton(QToolButton):
    """A place in the navigation rail: icon above its name."""

    def __init__(
        self, theme: Theme, picture: str, text: str, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = picture
        self.setText(text)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setProperty("look", "rail")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        side = theme.lines(1.4)
        self.setIconSize(QSize(side, side))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._tint)
        theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        colours = self._theme.colours
        self.setIcon(icon(self._picture, colours.accent if self.isChecked() else colours.muted))


class MainButton(QPushButton):
    """The one button of a place that matters most; `look` is "primary", "stop" or "" for a plain one."""

    def __init__(
        self,
        theme: Theme,
        picture: str,
        text: str,
        look: str = "primary",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self._picture = picture
        self.setProperty("look", look)
        self.setAutoDefault(False)
        side = theme.lines(1)
        self.setIconSize(QSize(side, side))
        theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        colours = self._theme.colours
        tints = {"primary": colours.on_accent, "stop": colours.error}
        colour = tints.get(str(self.property("look")), colours.text)
        self.setIcon(icon(self._picture, colour, colours.strong_border))
