"""Buttons that carry one of our icons and keep its tint in step with the theme."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QWidget

from gui.icons import icon
from gui.theme import Theme


class IconButton(QToolButton):
    """A small button of an icon alone; `name` is what a screen reader says and the tool tip shows."""

    def __init__(
        self, theme: Theme, picture: str, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = picture
        self.setAccessibleName(name)
        self.setToolTip(name)
        side = theme.lines(1)
        self.setIconSize(QSize(side, side))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
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


class TextButton(QPushButton):
    """A quiet button of icon and text; `look` is "text", "fold", or "outline" for a border."""

    def __init__(
        self,
        theme: Theme,
        picture: str,
        text: str,
        name: str,
        *,
        look: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self._picture = picture
        self.setProperty("look", look)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        side = theme.lines(0.9)
        self.setIconSize(QSize(side, side))
        theme.changed.connect(self._tint)
        self.set_picture(picture, name)

    def set_picture(self, picture: str, name: str) -> None:
        self._picture = picture
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._tint()

    def _tint(self) -> None:
        colours = self._theme.colours
        self.setIcon(icon(self._picture, colours.muted, colours.border))


class FoldButton(TextButton):
    """Shows and hides something: `toggled` tells which; `thing` names it, as in "the reasoning"."""

    def __init__(self, theme: Theme, text: str, thing: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, "right", text, f"Show {thing}", look="fold", parent=parent)
        self._thing = thing
        self.setCheckable(True)
        self.toggled.connect(self._turn)

    def _turn(self, shown: bool) -> None:
        picture, verb = ("down", "Hide") if shown else ("right", "Show")
        self.set_picture(picture, f"{verb} {self._thing}")


class RailButton(QToolButton):
    """A place in the navigation rail: icon above its name; `look` is "rail" or "rail-switch"."""

    def __init__(
        self,
        theme: Theme,
        picture: str,
        text: str,
        name: str,
        look: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = picture
        self.setText(text)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setProperty("look", look)
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
