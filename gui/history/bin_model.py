"""What was deleted and can still be had back; after that it leaves the history's file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import SteelyardError, StorageError
from gui.collaborators import History
from gui.jobs import Jobs

UNDO_MINUTES: Final = 10


class BinModel(QObject):
    """Empties the bin in a lane of its own, which is called off when the window closes."""

    undo_ended = Signal(tuple)
    """Ids that nothing brings back any more."""

    def __init__(
        self,
        jobs: Jobs,
        failed: Callable[[SteelyardError], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._failed = failed
        self._go_on = partial(jobs.progress(_tell_nobody), "", 0.0)
        self._history: History | None = None
        self._waiting: tuple[str, ...] = ()

    def use(self, history: History) -> None:
        """Delete what earlier windows left there; others that are open may still offer the rest."""
        self._history = history
        if history.read_only is None:
            then = datetime.now(UTC) - timedelta(minutes=UNDO_MINUTES + 1)
            work = partial(history.empty_bin, until=then, go_on=self._go_on)
            self._jobs.start("bin", work, failed=self._failed)

    def put(self, ids: Sequence[str]) -> None:
        """Hold sessions that were just discarded for UNDO_MINUTES."""
        self._waiting += tuple(ids)
        QTimer.singleShot(UNDO_MINUTES * 60_000, self, partial(self.end_undo, tuple(ids)))

    def take(self, ids: Sequence[str]) -> None:
        """Let go of sessions that are restored."""
        self._waiting = tuple(each for each in self._waiting if each not in ids)

    def end_undo(self, ids: Sequence[str]) -> None:
        """Delete for good, in the background, what of this can still be had back."""
        gone = tuple(each for each in ids if each in self._waiting)
        self.take(gone)
        history = self._history
        if gone and history is not None:
            work = partial(history.empty_bin, gone, go_on=self._go_on)
            self._jobs.start("bin", work, failed=self._failed)
            self.undo_ended.emit(gone)

    def close(self) -> None:
        """Delete what still waits; after the jobs' end."""
        if self._waiting and self._history is not None:
            try:
                self._history.empty_bin(self._waiting)
            except StorageError:
                # The window is gone; the next one empties the bin.
                return


def _tell_nobody(_words: str, _fraction: float) -> None:
    """How far a deletion is, is shown nowhere; reporting it calls it off when the window closes."""
