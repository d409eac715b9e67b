"""The pages of the window beside Compare, as the window needs to know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from gui.actions import Command


@dataclass(frozen=True)
class Page:
    """picture: the icon of the rail. name: what a screen reader and the tool tip say.

    commands can be used only while the page is shown; availability_changed is emitted when what blocks
    them may have changed.
    """

    picture: str
    title: str
    name: str
    widget: QWidget
    take_focus: Callable[[], None]
    commands: tuple[Command, ...] = ()
    availability_changed: SignalInstance | None = None
