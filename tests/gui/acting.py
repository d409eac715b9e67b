"""What tests do in a window, and what they look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.contract import Began, Case, Event, Message, Plan, Started
from gui.app import Desk
from tests.gui.fakes import contender, pieces, whole_run

A, B, C = contender("Q8_0"), contender("Q4_1"), contender("Q2_K")

OpenDesk = Callable[..., Desk]


def draw_up(desk: Desk, prompt: str = "Why?") -> None:
    desk.compare.contenders.replace_all((A, B, C))
    desk.window.page.composer.prompt.setPlainText(prompt)


def finish(qtbot: QtBot, desk: Desk) -> None:
    qtbot.waitUntil(lambda: not desk.compare.running)
    qtbot.waitUntil(lambda: not desk.window.page.columns.rendering)


def column_text(desk: Desk, name: str) -> str:
    column = desk.window.page.columns.column(name)
    assert column is not None
    return column.reply.text


def activate(qtbot: QtBot, window: QWidget) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def key(qtbot: QtBot, widget: QWidget, what: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    activate(qtbot, widget.window())
    widget.setFocus()
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    qtbot.keyClick(widget, what, held)


def held_run(plan: Plan) -> Iterator[Event | threading.Event]:
    """One contender gets as far as two words, then nothing happens until it is stopped."""
    yield Began(session="s1")
    yield Started(contender=A.name, case="1", repeat=0)
    yield from pieces(A.name, "It is")
    yield threading.Event()
    yield from whole_run(plan)


def two_prompts() -> Plan:
    cases = tuple(
        Case(id=str(n), messages=(Message(role="user", content=f"Question {n}"),)) for n in (1, 2)
    )
    return Plan(contenders=(A, B), cases=cases)
