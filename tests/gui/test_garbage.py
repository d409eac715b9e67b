"""Garbage is collected between the window's events, never in the middle of another thread's work."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from gui.garbage import Garbage


class Knot:
    """Refers to itself, so that only the collector can free it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often all there is was spared; the tests' own process must not keep it so."""
    times: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: times.append(True))
    return times


@pytest.fixture
def garbage(qtbot: QtBot, frozen: list[bool]) -> Iterator[Garbage]:
    owner = QObject()
    collector = Garbage(owner)
    yield collector
    collector.close()
    assert gc.isenabled()


def test_nothing_is_collected_while_a_thread_makes_garbage(garbage: Garbage) -> None:
    knots: list[weakref.ref[Knot]] = []

    def work() -> None:
        knots.extend(weakref.ref(Knot()) for _ in range(5_000))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert all(knot() is not None for knot in knots)


def test_the_next_look_frees_it_on_the_windows_thread(qtbot: QtBot, garbage: Garbage) -> None:
    garbage.look()
    knots = [weakref.ref(Knot()) for _ in range(5_000)]
    where: list[int] = []
    weakref.finalize(Knot(), lambda: where.append(threading.get_ident()))
    spy = QSignalSpy(garbage._timer.timeout)
    qtbot.waitUntil(lambda: spy.count() > 0, timeout=5_000)
    assert not any(knot() is not None for knot in knots)
    assert where == [threading.get_ident()]


def test_what_comes_with_new_modules_is_spared_once(
    garbage: Garbage, frozen: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    garbage.look()
    garbage.look()
    assert len(frozen) == 1
    monkeypatch.setitem(sys.modules, "imported_later", gc)
    garbage.look()
    assert len(frozen) == 2
