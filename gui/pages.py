"""The pages of the window, as the window needs to know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from engine.contract import Session, SessionKind
from gui.actions import Command

Use = Literal["show", "resume", "again", "change"]
"""What can be done with a recorded session."""


@dataclass(frozen=True)
class SessionView:
    """What a page can do with recorded sessions of some kinds; the window shows the page before.

    why_not: a sentence why nothing of it can be done now, or empty. show: as the session was seen, which
    begins nothing. resume runs what is missing, again runs all once more, change lets the user change
    something first; None where the page has no such thing.
    """

    kinds: tuple[SessionKind, ...]
    why_not: Callable[[], str]
    show: Callable[[Session], None]
    resume: Callable[[Session], None] | None = None
    again: Callable[[Session], None] | None = None
    change: Callable[[Session], None] | None = None


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
    sessions: tuple[SessionView, ...] = ()
