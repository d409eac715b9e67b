"""Quantizations being made: one job at a time, with its progress and its end."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.client import Stopped
from engine.contract import ModelFile
from engine.errors import SteelyardError
from gui.collaborators import Progress
from gui.jobs import Cancelled, Jobs
from gui.models.making_workshop import Ladder, MatrixFile, Wish, Workshop


class MakingModel(QObject):
    progressed = Signal(str, float)
    ladder_known = Signal(object)
    matrix_known = Signal(object)
    """The MatrixFile."""
    matrix_refused = Signal(object, str)
    """The Path, and why it is no importance matrix of this model."""
    changed = Signal()
    """Whether something is being made has changed."""
    made = Signal(object)
    """The new ModelFiles."""
    noticed = Signal(str)
    failed = Signal(str)

    def __init__(self, jobs: Jobs, workshop: Workshop, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._workshop = workshop
        self._cancelled = threading.Event()
        self.running = False

    def ask_ladder(self, source: Path) -> None:
        self._jobs.start("library", partial(self._workshop.ladder, source), self._tell, self._fail)

    def look_at_matrix(self, source: Path, path: Path) -> None:
        """Whether this file is an importance matrix of that model."""
        work = partial(self._workshop.look_at_matrix, source, path)
        refuse = partial(self._refuse_matrix, path)
        self._jobs.start("library", work, self._tell_matrix, refuse)

    def why_not_make(self) -> str:
        return "Quantizations are being made; wait, or cancel them." if self.running else ""

    def make(self, source: Path, wish: Wish) -> None:
        if self.running or not wish.names:
            return
        self._cancelled = threading.Event()
        self.running = True
        report = self._jobs.progress(self.progressed.emit)
        work = partial(_make, self._workshop, source, wish, report, self._cancelled)
        self._jobs.start("making", work, self._take, self._end_badly)
        self.changed.emit()

    def cancel(self) -> None:
        self._cancelled.set()

    def close(self) -> None:
        """Let what is being made end at its next step; nothing half-made stays."""
        self._cancelled.set()

    def _tell(self, ladder: Ladder) -> None:
        self.ladder_known.emit(ladder)

    def _tell_matrix(self, matrix: MatrixFile) -> None:
        self.matrix_known.emit(matrix)

    def _refuse_matrix(self, path: Path, fault: SteelyardError) -> None:
        self.matrix_refused.emit(path, str(fault))

    def _take(self, models: tuple[ModelFile, ...]) -> None:
        self._end()
        self.noticed.emit("Made " + ", ".join(model.file for model in models) + ".")
        self.made.emit(models)

    def _end_badly(self, fault: SteelyardError) -> None:
        cancelled = self._cancelled.is_set()
        self._end()
        if cancelled:
            self.noticed.emit("Quantizing was cancelled. What was whole by then is kept.")
        else:
            self.failed.emit(str(fault))
        self.made.emit(())

    def _end(self) -> None:
        self.running = False
        self.changed.emit()

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))


def _make(
    workshop: Workshop,
    source: Path,
    wish: Wish,
    report: Progress,
    cancelled: threading.Event,
) -> tuple[ModelFile, ...]:
    try:
        return workshop.make(source, wish, report, cancelled.is_set)
    except Stopped:
        raise Cancelled("Quantizing was cancelled.") from None
