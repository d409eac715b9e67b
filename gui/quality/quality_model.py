"""The Quality page without its widgets: who takes part, and which measurement is shown."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.contract import ModelFile, Session
from engine.errors import SteelyardError
from gui.collaborators import Collaborators, History
from gui.compare.contenders_model import ContendersModel
from gui.jobs import Jobs
from gui.quality.fidelity_model import FidelityModel
from gui.quality.participants_model import ParticipantsModel
from gui.quality.speed_model import SpeedModel
from gui.quality.suite_model import SuiteModel

Measurement = FidelityModel | SuiteModel | SpeedModel


class QualityModel(QObject):
    """Owns the measurements; `close` ends what goes on."""

    availability_changed = Signal()
    held = Signal(str)
    """Why nothing can be measured now, or empty."""
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
        self.suite = SuiteModel(jobs, given, self.participants, self)
        self.speed = SpeedModel(jobs, given, self.participants, self)
        self.shown: Measurement = self.fidelity
        self._elsewhere = ""
        for each in self._all():
            each.availability_changed.connect(self._tell_availability)
            each.failed.connect(self.failed)
            each.noticed.connect(self.noticed)

    @property
    def running(self) -> bool:
        return any(each.running for each in self._all())

    def use(self, history: History) -> None:
        """Record measurements from now on."""
        for each in self._all():
            each.use(history)

    def hold(self, why: str) -> None:
        """Let no measurement begin for this reason, since two at once would disturb each other."""
        if why != self._elsewhere:
            self._elsewhere = why
            self._tell_availability()

    def show(self, measurement: Measurement) -> None:
        """Let `run` mean this measurement."""
        self.shown = measurement
        self.availability_changed.emit()

    def why_not_measure(self) -> str:
        """Why the machine is taken, in a sentence; empty where it is free."""
        return "A measurement is running." if self.running else self._elsewhere

    def why_not_run(self) -> str:
        return self.why_not_measure() or self.shown.why_not_run()

    def why_not_stop(self) -> str:
        return next((each for each in self._all() if each.running), self.shown).why_not_stop()

    def run(self) -> None:
        if not self.why_not_run():
            self.shown.run()

    def stop(self) -> None:
        for each in self._all():
            each.stop()

    def open_suite(self, session: Session) -> None:
        """Show what a recorded suite found, with its models as those of the next run."""
        self.participants.take(session.contenders)
        self.suite.show_session(session)

    def resume_suite(self, session: Session) -> None:
        """Run what a recorded suite still lacks."""
        if self._may_begin():
            self.participants.take(session.contenders)
            self.suite.resume_session(session)

    def repeat_suite(self, session: Session) -> None:
        """Run all that a recorded suite asked once more."""
        if self._may_begin():
            self.participants.take(session.contenders)
            self.suite.repeat_session(session)

    def open_fidelity(self, session: Session) -> None:
        """Show what a recorded fidelity run found, with its models as those of the next run."""
        self.participants.take(session.contenders)
        self.fidelity.show_session(session)

    def repeat_fidelity(self, session: Session) -> None:
        """Measure all that a recorded fidelity run measured once more."""
        if self._may_begin():
            self.participants.take(session.contenders)
            self.fidelity.repeat_session(session)

    def change_fidelity(self, session: Session) -> None:
        """Show a recorded fidelity run before it is changed."""
        self.participants.take(session.contenders)
        self.fidelity.change_session(session)

    def open_speeds(self, session: Session) -> None:
        """Show what a recorded speed run measured, with its models as those of the next run."""
        self.participants.take(session.contenders)
        self.speed.show_session(session)

    def resume_speeds(self, session: Session) -> None:
        """Measure what a recorded speed run still lacks."""
        if self._may_begin():
            self.participants.take(session.contenders)
            self.speed.resume_session(session)

    def repeat_speeds(self, session: Session) -> None:
        """Measure all that a recorded speed run measured once more."""
        if self._may_begin():
            self.participants.take(session.contenders)
            self.speed.repeat_session(session)

    def _may_begin(self) -> bool:
        """Say why not where something is measured now."""
        why = self.why_not_measure()
        if why:
            self.noticed.emit(why)
        return not why

    def why_not_edit(self) -> str:
        """Why no model can be changed and no recorded session shown; empty where they can."""
        return "Stop the measurement first." if self.running else ""

    def add_files(self, paths: Iterable[Path]) -> None:
        """Read the files' headers in the background and add what is a model."""
        for path in paths:
            self._jobs.start(
                "files", partial(self._given.describe, path), self._add_model, self._fail
            )

    def close(self) -> bool:
        ended = [each.close() for each in self._all()]
        return all(ended)

    def _all(self) -> tuple[Measurement, ...]:
        return (self.fidelity, self.suite, self.speed)

    def _add_model(self, model: ModelFile) -> None:
        self._contenders.add_models([model])

    def _tell_availability(self) -> None:
        self.availability_changed.emit()
        self.held.emit(self.why_not_measure())

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))
