"""The demo: contenders made of the one small model that comes with the program."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from engine.contract import Contender
from engine.errors import SteelyardError
from gui.collaborators import Progress
from gui.jobs import Jobs


class DemoModel(QObject):
    progressed = Signal(str, float)
    ended = Signal()
    made = Signal(tuple)
    """The Contenders, after `ended`."""
    failed = Signal(str)

    def __init__(
        self,
        jobs: Jobs,
        make: Callable[[Progress], tuple[Contender, ...]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._make = make
        self._running = False

    def run(self) -> None:
        """Make them in the background, unless that goes on already."""
        if not self._running:
            self._running = True
            report = self._jobs.progress(self.progressed.emit)
            self._jobs.start("files", partial(self._make, report), self._take, self._fail)

    def _take(self, contenders: tuple[Contender, ...]) -> None:
        self._end()
        self.made.emit(contenders)

    def _fail(self, fault: SteelyardError) -> None:
        self._end()
        self.failed.emit(str(fault))

    def _end(self) -> None:
        self._running = False
        self.ended.emit()
