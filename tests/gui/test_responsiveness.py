"""The window keeps turning whatever the models send, and is there at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from engine.contract import Began, Event, Finished, Plan, Replied, Started
from gui.app import Desk
from tests.gui.fakes import FakeBench, Fakes, contender, pieces, reply_to

ROOT = Path(__file__).resolve().parents[2]
SIX = tuple(contender(name) for name in ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_1", "Q2_K"))
PIECES_PER_S = 60
STREAM_S = 3.0


class Probe(QObject):
    """A timer of 1 ms that notes how late it comes, in milliseconds."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.late_ms: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def percentile(self, share: float) -> float:
        return sorted(self.late_ms)[int(share * (len(self.late_ms) - 1))]

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late_ms.append((now - self._last) * 1000 - 1)
        self._last = now


def paced(plan: Plan) -> Iterator[Event]:
    """All contenders send a word at a time, each as fast as a quick model on a laptop."""
    words = "The sky is blue, since air scatters **short** waves more than long ones.\n\n" * 40
    streams = [pieces(each.name, words) for each in plan.contenders]
    pace = threading.Event()
    begun = time.perf_counter()
    yield Began(session="s1")
    for each in plan.contenders:
        yield Started(contender=each.name, case="1", repeat=0)
    for number, row in enumerate(zip(*streams, strict=True)):
        due = begun + number / PIECES_PER_S
        if due > begun + STREAM_S:
            break
        pace.wait(max(0.0, due - time.perf_counter()))
        yield from row
    for each in plan.contenders:
        yield Replied(reply=reply_to(each.name, text=words))
    yield Finished(status="finished", elapsed_s=STREAM_S)


@pytest.mark.slow
def test_the_window_does_not_stall_while_six_columns_stream(
    qtbot: QtBot, open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = open_desk(Fakes(tmp_path, FakeBench(paced)))
    desk.window.resize(1600, 900)
    desk.compare.contenders.replace_all(SIX)
    desk.window.page.composer.prompt.setPlainText("Why?")
    qtbot.wait(100)
    probe = Probe(desk.window)
    desk.compare.run()
    probe.start()
    qtbot.waitUntil(lambda: not desk.compare.running, timeout=20_000)
    qtbot.waitUntil(lambda: not desk.window.page.columns.rendering)
    probe.stop()
    print(f"late by p50 {probe.percentile(0.5):.1f}, p99 {probe.percentile(0.99):.1f} ms")
    assert len(probe.late_ms) > STREAM_S * 50
    assert probe.percentile(0.99) < 50


def test_a_flood_of_pieces_leaves_the_window_turning(
    qtbot: QtBot, open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    def flood(plan: Plan) -> Iterator[Event]:
        yield Began(session="s1")
        for each in plan.contenders:
            yield Started(contender=each.name, case="1", repeat=0)
            yield from pieces(each.name, "word " * 4000)
        yield Finished(status="finished", elapsed_s=1)

    desk = open_desk(Fakes(tmp_path, FakeBench(flood)))
    desk.compare.contenders.replace_all(SIX)
    desk.window.page.composer.prompt.setPlainText("Why?")
    probe = Probe(desk.window)
    desk.compare.run()
    probe.start()
    qtbot.waitUntil(lambda: not desk.compare.running, timeout=20_000)
    probe.stop()
    assert all(len(desk.compare.board.text(each.name)[0]) == 20_000 for each in SIX)
    assert max(probe.late_ms) < 1000


def open_once(folder: Path) -> tuple[float, list[str]]:
    begun = time.time()
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.opening", str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said = json.loads(done.stdout)
    assert not said["fault"]
    return said["shown_at"] - begun, said["modules"]


def test_the_window_is_on_the_screen_within_a_second(tmp_path: Path) -> None:
    """The best of some starts: other work on the machine can only add to it."""
    times: list[float] = []
    for _ in range(5):
        elapsed_s, _ = open_once(tmp_path)
        times.append(elapsed_s)
        if elapsed_s < 1.0:
            break
    assert min(times) < 1.0, times


def test_nothing_heavy_is_loaded_before_the_window_is_there(tmp_path: Path) -> None:
    _, modules = open_once(tmp_path)
    heavy = {
        "sqlalchemy",
        "alembic",
        "numpy",
        "pyqtgraph",
        "llama_cpp",
        "huggingface_hub",
        "jinja2",
    }
    assert not heavy & set(modules)
