"""Whether the models fit: the settings they are judged in, and the verdicts as they come."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from engine.contract import Runtime
from engine.errors import SteelyardError
from gui.jobs import Jobs
from gui.models.shelf import Shelf, Surroundings

if TYPE_CHECKING:
    from gui.models.fit_words import FitResult

AT_ONCE: Final = 16  # verdicts told together


class FitModel(QObject):
    """Judges in the background; verdicts for other settings than the present ones are dropped."""

    judged = Signal(object)
    """Verdicts by path, as a dict."""
    surroundings_known = Signal(object)
    runtime_changed = Signal()

    def __init__(self, jobs: Jobs, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shelf = shelf
        self._paths: list[Path] = []
        self._turn = 0
        self._looked = False
        self.runtime = Runtime()

    def judge(self, paths: Iterable[Path], first: Path | None = None) -> None:
        """Judge all of these, beginning with `first`."""
        self._paths = sorted(paths, key=lambda path: path != first)
        if not self._looked:
            self._looked = True
            self._jobs.start("fit", self._shelf.look_around, self._take_surroundings)
        self._begin()

    def change(self, runtime: Runtime, first: Path | None = None) -> None:
        """Judge them again in other settings."""
        if runtime != self.runtime:
            self.runtime = runtime
            self._paths.sort(key=lambda path: path != first)
            self.runtime_changed.emit()
            self._begin()

    def _begin(self) -> None:
        self._turn += 1
        for start in range(0, len(self._paths), AT_ONCE):
            batch = self._paths[start : start + AT_ONCE]
            work = partial(self._judge, batch, self.runtime, self._turn)
            self._jobs.start("fit", work, partial(self._take, self._turn))

    def _judge(self, paths: list[Path], runtime: Runtime, turn: int) -> dict[Path, FitResult]:
        """In the lane's thread; gives nothing once it is of an earlier turn."""
        results: dict[Path, FitResult] = {}
        for path in paths:
            if turn != self._turn:
                break
            try:
                results[path] = self._shelf.fit(path, runtime)
            except SteelyardError as fault:
                results[path] = str(fault)
        return results

    def _take(self, turn: int, results: dict[Path, FitResult]) -> None:
        if turn == self._turn and results:
            self.judged.emit(results)

    def _take_surroundings(self, surroundings: Surroundings) -> None:
        self.surroundings_known.emit(surroundings)
