"""The Quality page without its widgets: who takes part, and which measurement is shown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.contract import ModelFile
from engine.errors import SteelyardError
from gui.collaborators import Collaborators
from gui.compare.contenders_model import ContendersModel
from gui.jobs import Jobs
from gui.quality.fidelity_model import FidelityModel
from gui.quality.participants_model import ParticipantsModel


class QualityModel(QObject):
    """Owns the measurements; `close` ends what goes on."""

    availability_changed = Signal()
    failed = Signal(str)
    noticed = Signal(str)

    def __init__(
        self,
        jobs: Jobs,
        given: Collaborators,
        contenders: ContendersModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._given = given
        self._contenders = contenders
        self.participants = ParticipantsModel(contenders, self)
        self.fidelity = FidelityModel(jobs, given, self.participants, self)
        self.fidelity.availability_changed.connect(self.availability_changed)
        self.fidelity.failed.connect(self.failed)
        self.fidelity.noticed.connect(self.noticed)

    @property
    def running(self) -> bool:
        return self.fidelity.running

    def why_not_edit(self) -> str:
        return "Stop the measurement first." if self.running else ""

    def add_files(self, paths: Iterable[Path]) -> None:
        """Read the files' headers in the background and add what is a model."""
        for path in paths:
            self._jobs.start(
                "files", partial(self._given.describe, path), self._add_model, self._fail
            )

    def close(self) -> bool:
        return self.fidelity.close()

    def _add_model(self, model: ModelFile) -> None:
        self._contenders.add_models([model])

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))
