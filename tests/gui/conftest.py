"""Windows for tests: without a screen, closed at the end, and watched for what they leave running."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.app import Desk
from gui.jobs import Jobs
from gui.theme import Theme
from tests.gui.fakes import Fakes

LIMIT_MS = 60_000


class PatientBot(QtBot):
    """Waits as long as a busy machine may take; where a condition holds, nothing waits longer."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = LIMIT_MS) -> None:
        super().waitUntil(callback, timeout=max(timeout, LIMIT_MS))


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["steelyard", "-style", "Fusion"]


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@pytest.fixture(autouse=True)
def no_thread_or_timer_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a thread of ours running, or a timer ticking in something not deleted."""
    before = set(threading.enumerate())
    yield
    app = QApplication.instance()
    left = [
        t.name for t in set(threading.enumerate()) - before if t.name.startswith(("jobs", "run"))
    ]
    assert not left, f"left running: {left}"
    if isinstance(app, QApplication):
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        timers = [
            _lineage(timer)
            for top in app.topLevelWidgets()
            for timer in top.findChildren(QTimer)
            if timer.isActive()
        ]
        assert not timers, f"timers left ticking: {timers}"


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    """Jobs whose crashes fail the test."""
    made = Jobs()
    crashes: list[Exception] = []
    made.crashed.connect(crashes.append)
    yield made
    assert made.close()
    made.deleteLater()
    if crashes:
        raise crashes[0]


MakeDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[MakeDesk]:
    """Opens windows of fakes, waits until they are ready, and closes them after the test."""
    desks: list[Desk] = []

    def make(fakes: Fakes | None = None, *, ready: bool = True) -> Desk:
        desk = Desk(qapp, (fakes or Fakes(tmp_path)).given)
        desks.append(desk)
        desk.open()
        if ready:
            qtbot.waitUntil(lambda: desk.compare.why_not_run() != "Getting ready…")
        return desk

    yield make
    for desk in desks:
        desk.window.close_at_once()
        assert desk.close()
        _delete(desk.window)
        _delete(desk)


@pytest.fixture
def desk(open_desk: MakeDesk) -> Desk:
    return open_desk()


def _delete(thing: QObject) -> None:
    thing.deleteLater()
    QApplication.sendPostedEvents(thing, QEvent.Type.DeferredDelete)


def _lineage(timer: QTimer) -> str:
    names: list[str] = []
    parent: QObject | None = timer
    while parent is not None:
        name = type(parent).__name__
        names.append(f"{name}({parent.accessibleName()})" if isinstance(parent, QWidget) else name)
        parent = parent.parent()
    return " < ".join(names)
