"""Opens the history in the background, and says what stands in the way of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.errors import DamagedHistory, SteelyardError
from gui.collaborators import Collaborators, History
from gui.jobs import Jobs


class HistoryKeeper(QObject):
    """Owns the history while it is open; `close` closes it, after the jobs' end."""

    opened = Signal(object)
    """A History that may be used now; the one that was there before is closed."""
    missing = Signal(str)
    """Why there is no history."""
    damaged = Signal(str)
    """The same, where what can be read can be salvaged."""
    warned = Signal(str)
    salvaged = Signal(str)

    def __init__(self, jobs: Jobs, given: Collaborators, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._given = given
        self._history: History | None = None

    def open(self) -> None:
        self._jobs.start("history", self._given.open_history, self._take, self._fail)

    def salvage(self) -> None:
        """Close the history, take what can be read into a new one, and open that."""
        history, self._history = self._history, None

        def work() -> str:
            if history is not None:
                history.close()
            return self._given.salvage()

        self._jobs.start("history", work, self._take_salvaged, self._fail_to_salvage)

    def close(self) -> None:
        if self._history is not None:
            self._history.close()
            self._history = None

    def _take(self, history: History) -> None:
        self._history = history
        self.opened.emit(history)
        if history.read_only is not None:
            self.warned.emit(history.read_only)
        self._jobs.start("history", self._given.network_warning, self._take_warning)

    def _take_warning(self, warning: str | None) -> None:
        if warning is not None:
            self.warned.emit(warning)

    def _take_salvaged(self, words: str) -> None:
        self.salvaged.emit(words)
        self.open()

    def _fail_to_salvage(self, fault: SteelyardError) -> None:
        self.missing.emit(str(fault))

    def _fail(self, fault: SteelyardError) -> None:
        (self.damaged if isinstance(fault, DamagedHistory) else self.missing).emit(str(fault))
