"""A run that can be stopped from the moment it is wanted until its thread is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from gui.jobs import RunFeed


class Stoppable(Protocol):
    def stop(self) -> None: ...


class HeldRun(QObject):
    """Between `want` and `start` the bench is being made; a stop in that time is kept for it."""

    arrived = Signal(tuple)
    ended = Signal(object)
    """With the exception that ended the run, or None; the thread is gone by then."""

    def __init__(self, what: str, parent: QObject | None = None) -> None:
        """what: is running, in a sentence that begins with A."""
        super().__init__(parent)
        self._what = what
        self.running = False
        self.stopping = False
        self._bench: Stoppable | None = None
        self._feed: RunFeed | None = None

    def why_not_start(self) -> str:
        return f"A {self._what} is running." if self.running else ""

    def why_not_stop(self) -> str:
        if not self.running:
            return "Nothing is running."
        return "Stopping…" if self.stopping else ""

    def want(self) -> None:
        self.running, self.stopping = True, False

    def start(self, bench: Stoppable, events: Iterator[object]) -> None:
        self._bench = bench
        feed = RunFeed(events, self)
        feed.arrived.connect(self.arrived)
        feed.ended.connect(self._take_end)
        self._feed = feed
        feed.start()

    def stop(self) -> None:
        self.stopping = True
        if self._bench is not None:
            self._bench.stop()

    def done(self) -> None:
        """All that was to follow the run is done as well."""
        self.running = self.stopping = False

    def close(self, end_workers: Callable[[], None]) -> bool:
        """Stop it without delivering anything more; False where its thread is still there."""
        feed, self._feed = self._feed, None
        if self._bench is not None:
            self._bench.stop()
        stopped = feed is None or feed.close()
        end_workers()
        # A run that did not heed the stop ends with its workers.
        return stopped or feed is None or feed.close()

    def _take_end(self, fault: object) -> None:
        assert self._feed is not None
        self._feed.deleteLater()
        self._feed = self._bench = None
        self.ended.emit(fault)
