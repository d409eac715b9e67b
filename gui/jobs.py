"""The only module that knows threads: work off the window's thread, and a run's events into it.

Everything that comes back arrives in a bound method of a QObject that lives on the window's thread:
PySide runs lambdas and methods of plain objects in the thread that emits.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Final, Literal, TypeVar

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from engine.contract import Loading, Piece
from engine.errors import SteelyardError

T = TypeVar("T")
E = TypeVar("E")
Lane = Literal[
    "history",
    "exports",
    "bin",
    "files",
    "bench",
    "library",
    "fit",
    "making",
    "hub",
    "repository",
    "newer",
    "cost",
    "energy",
    "hashes",
]
"""Jobs of one lane run one after the other, in one thread; lanes do not wait for each other."""

DRAIN_EVERY_MS: Final = 16
DRAIN_FOR_S: Final = 0.008
EVENTS_HELD: Final = 4096
_BATCH: Final = 512
_CLOSE_LIMIT_S: Final = 5.0


class Cancelled(SteelyardError):
    """Raised inside a job that was called off, where it reports its progress."""


class Jobs(QObject):
    """Runs functions in the background; their results, faults and progress come back on this thread."""

    crashed = Signal(object)
    """An exception that is a mistake of ours, with its traceback."""
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes: dict[Lane, _Worker] = {}
        self._outbox: deque[Callable[[], None]] = deque()
        self._closing = threading.Event()
        self._woken.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(
        self,
        lane: Lane,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[SteelyardError], None] | None = None,
    ) -> None:
        """Do `work` in the lane's thread; `done` or `failed` is then called on this thread."""
        if self._closing.is_set():
            return
        worker = self._lanes.setdefault(lane, _Worker(f"jobs-{lane}"))
        worker.put(partial(self._perform, work, done, failed))

    def progress(self, shown: Callable[[str, float], None]) -> Callable[[str, float], None]:
        """A function for a job to report with, which calls `shown` on this thread.

        It raises Cancelled once the jobs are being closed.
        """
        return partial(self._report, shown)

    def relay(self, shown: Callable[[T], None]) -> Callable[[T], None]:
        """A function for any thread, which calls `shown` on this one."""

        def tell(value: T) -> None:
            self._send(partial(shown, value))

        return tell

    def close(self) -> bool:
        """Call off what waits, wait for what runs; False where something did not end in time."""
        self._closing.set()
        ended = [worker.close(_CLOSE_LIMIT_S) for worker in self._lanes.values()]
        self._outbox.clear()
        return all(ended)

    def _perform(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] | None,
        failed: Callable[[SteelyardError], None] | None,
    ) -> None:
        try:
            result = work()
        except Exception as fault:  # noqa: BLE001 - the job runner: whatever it is, it reaches the window
            if isinstance(fault, SteelyardError) and failed is not None:
                self._send(partial(failed, fault))
            else:
                self._send(partial(self.crashed.emit, fault))
        else:
            if done is not None:
                self._send(partial(done, result))

    def _report(self, shown: Callable[[str, float], None], sentence: str, fraction: float) -> None:
        if self._closing.is_set():
            raise Cancelled("Called off.")
        self._send(partial(shown, sentence, fraction))

    def _send(self, delivery: Callable[[], None]) -> None:
        if not self._closing.is_set():
            self._outbox.append(delivery)
            self._woken.emit()

    def _deliver(self) -> None:
        while self._outbox and not self._closing.is_set():
            self._outbox.popleft()()


class _Worker:
    """One thread that does what it is given in order; it starts with the first task."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._called_off = False

    def put(self, task: Callable[[], None]) -> None:
        self._tasks.put(task)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()

    def close(self, limit_s: float) -> bool:
        self._called_off = True
        self._tasks.put(None)
        if self._thread is None:
            return True
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            if not self._called_off:
                task()


@dataclass(frozen=True)
class _End:
    fault: Exception | None


class RunFeed(QObject):
    """Iterates a run in a thread of its own and hands its events over in batches, once a frame.

    At most EVENTS_HELD events wait; then the run's thread waits, so that nothing is dropped. Pieces of one
    reply that wait together are merged.
    """

    arrived = Signal(tuple)
    ended = Signal(object)
    """With the exception that ended the run, or None; the thread is gone by then."""
    _woken = Signal()

    def __init__(self, events: Iterator[object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._events = events
        self._waiting: deque[object] = deque()
        self._room = threading.Condition()
        self._armed = False
        self._closed = False
        self._thread = threading.Thread(target=self._iterate, name="run", daemon=True)
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.timeout.connect(self._drain)
        self._woken.connect(self._arm, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> bool:
        """Wait for the run's end without delivering anything more; stop the bench before."""
        with self._room:
            self._closed = True
            self._waiting.clear()
            self._room.notify_all()
        self._frame.stop()
        if self._thread.ident is None:
            return True
        self._thread.join(_CLOSE_LIMIT_S)
        return not self._thread.is_alive()

    def _iterate(self) -> None:
        fault: Exception | None = None
        try:
            for event in self._events:
                self._put(event)
        except Exception as raised:  # noqa: BLE001 - the job runner of runs
            fault = raised
        self._put(_End(fault))

    def _put(self, event: object) -> None:
        with self._room:
            self._room.wait_for(lambda: len(self._waiting) < EVENTS_HELD or self._closed)
            if self._closed:
                return
            self._waiting.append(event)
            if self._armed:
                return
            self._armed = True
        self._woken.emit()

    def _arm(self) -> None:
        if not self._closed:
            self._frame.start(DRAIN_EVERY_MS)

    def _drain(self) -> None:
        deadline = time.perf_counter() + DRAIN_FOR_S
        while batch := self._take():
            events = [event for event in batch if not isinstance(event, _End)]
            if events:
                self.arrived.emit(tuple(merged(events)))
            last = batch[-1]
            if isinstance(last, _End):
                self._thread.join(_CLOSE_LIMIT_S)
                self.ended.emit(last.fault)
                return
            if time.perf_counter() > deadline:
                self._frame.start(1)
                return

    def _take(self) -> list[object]:
        """The next events, oldest first; none left also means that the next one must wake us again."""
        with self._room:
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            if not batch:
                self._armed = False
            self._room.notify_all()
            return batch


def merged(events: Iterable[E]) -> list[E]:
    """The same events with the pieces of each reply joined, as long as nothing else came between.

    Of the steps of one load that follow each other the last is kept.
    """
    result: list[E] = []
    open_pieces: dict[tuple[str, str, int, str], int] = {}
    for event in events:
        if isinstance(event, Loading) and result and _same_load(result[-1], event):
            result[-1] = event
            continue
        if not isinstance(event, Piece):
            open_pieces.clear()
            result.append(event)
            continue
        key = (event.contender, event.case, event.repeat, event.channel)
        place = open_pieces.get(key)
        before = None if place is None else result[place]
        if place is not None and isinstance(before, Piece):
            result[place] = msgspec.structs.replace(event, text=before.text + event.text)
        else:
            open_pieces[key] = len(result)
            result.append(event)
    return result


def _same_load(before: object, event: Loading) -> bool:
    return isinstance(before, Loading) and before.contender == event.contender
