"""A speed run without its widgets: the tests, the run that goes on, what was measured so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.contract import (
    Began,
    Contender,
    Environment,
    Loading,
    Measured,
    NotRecorded,
    Recorder,
    Session,
    SpeedTest,
)
from engine.errors import SteelyardError
from gui.collaborators import Collaborators, History, SpeedBench
from gui.held_run import HeldRun
from gui.jobs import Jobs
from gui.quality.participants_model import ParticipantsModel
from gui.quality.speed_settings import SpeedSettings, settings_of
from gui.quality.time_left import TimeLeft

if TYPE_CHECKING:  # brings the worker's protocol, which a start must not wait for
    from engine.speed import Measuring, NotMeasured, SpeedEvent, SpeedPlan

Place = tuple[str, str]
"""The names of a contender and of a test."""


class SpeedModel(QObject):
    """Owns the run, its bench and its thread; `close` ends them."""

    availability_changed = Signal()
    settings_shown = Signal(object)
    """Those of the recorded run that is shown now."""
    progressed = Signal(str, float)
    measured = Signal()
    """Another test was measured, or could not be."""
    begun = Signal()
    finished = Signal()
    failed = Signal(str)
    noticed = Signal(str)

    def __init__(
        self,
        jobs: Jobs,
        given: Collaborators,
        participants: ParticipantsModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._given = given
        self._participants = participants
        self._history: History | None = None
        self.settings = SpeedSettings()
        self.contenders: tuple[Contender, ...] = ()
        self.tests: tuple[SpeedTest, ...] = ()
        self.speeds: dict[Place, Measured] = {}
        self.refused: dict[Place, str] = {}
        self._plan: SpeedPlan | None = None
        self._resumed: Session | None = None
        self._time_left = TimeLeft()
        self._bench: SpeedBench | None = None
        self._held = HeldRun("measurement", self)
        self._held.arrived.connect(self._take_events)
        self._held.ended.connect(self._take_end)
        participants.changed.connect(self.availability_changed)

    @property
    def running(self) -> bool:
        return self._held.running

    def use(self, history: History) -> None:
        """Record runs from now on."""
        self._history = history

    def edit(self, settings: SpeedSettings) -> None:
        self.settings = settings
        self.availability_changed.emit()

    def why_not_run(self) -> str:
        no_model = "" if self._participants.reference is not None else "Add a model first."
        return self._held.why_not_start() or no_model or self.settings.why_not()

    def why_not_stop(self) -> str:
        return self._held.why_not_stop()

    def run(self) -> None:
        reference = self._participants.reference
        if self.why_not_run() or reference is None:
            return
        from engine.speed import SpeedPlan

        contenders = (reference, *self._participants.candidates)
        tests, repetitions = self.settings.tests(), self.settings.repetitions
        self._measure(SpeedPlan(contenders=contenders, tests=tests, repetitions=repetitions), None)

    def repeat_session(self, session: Session) -> None:
        """Measure all that a recorded run measured once more, as a run of its own."""
        from engine.speed_recording import speed_plan

        if self._tells_what(bool(session.tests or session.speeds)):
            self._take_settings(session)
            self._measure(speed_plan(session), None)

    def resume_session(self, session: Session) -> None:
        """Measure what a recorded run still lacks."""
        from engine.speed_recording import rest_of

        if self._tells_what(bool(session.tests)):
            self._take_settings(session)
            self._measure(rest_of(session), session)

    def _take_settings(self, session: Session) -> None:
        """Those of the recorded run for the next one, where they can say what it measured."""
        settings = settings_of(session)
        if settings is not None:
            self.settings = settings
            self.settings_shown.emit(settings)

    def _tells_what(self, known: bool) -> bool:
        """Sessions of older versions tell only what was measured."""
        if not known:
            self.noticed.emit("This session does not tell what was to be measured.")
        return known

    def _measure(self, plan: SpeedPlan, resumed: Session | None) -> None:
        self._plan, self._resumed = plan, resumed
        self.contenders, self.tests = plan.contenders, plan.tests
        self.speeds, self.refused = {} if resumed is None else _by_place(resumed), {}
        self._time_left.start()
        self._held.want()
        self._jobs.start("bench", self._given.make_speed_bench, self._start, self._fail)
        self.begun.emit()
        self.progressed.emit("Loading the first model", 0.0)
        self.availability_changed.emit()

    def show_session(self, session: Session) -> None:
        """Show what a recorded run measured."""
        if self.running:
            return
        self.contenders = session.contenders
        self.tests = tuple(dict.fromkeys(each.test for each in session.speeds))
        self.speeds = _by_place(session)
        self.refused = {}
        self._take_settings(session)
        self.finished.emit()
        if not session.speeds:
            self.noticed.emit("Nothing was measured before this run ended.")

    def stop(self) -> None:
        if not self.why_not_stop():
            self._held.stop()
            self.availability_changed.emit()

    def close(self) -> bool:
        """Stop the run and end its workers; False where its thread is still there."""
        bench, self._bench = self._bench, None
        return bench is None or self._held.close(bench.close)

    # -------------------------------------------------------------------------------------------

    def _start(self, bench: SpeedBench) -> None:
        self._bench = bench
        if self._held.stopping or self._plan is None:
            self._take_end(None)
            return
        recorder = None if self._history is None else self._history.recorder("bench")
        environment = self._given.environment
        self._held.start(bench, _recorded(bench, self._plan, environment, recorder, self._resumed))

    def _take_events(self, events: tuple[SpeedEvent, ...]) -> None:
        from engine.speed import Measuring, NotMeasured

        for event in events:
            match event:
                case Loading(contender=name):
                    self.progressed.emit(f"Loading {name}", self._fraction())
                case Measuring():
                    self._take_progress(event)
                case Measured(contender=name, test=test):
                    self.speeds[name, test.name] = event
                    self.measured.emit()
                case NotMeasured():
                    self._take_refusal(event)
                case NotRecorded(reason=reason):
                    self.failed.emit(reason)
                case Began():
                    pass

    def _take_progress(self, event: Measuring) -> None:
        repetitions = 1 if self._plan is None else self._plan.repetitions
        under_way = event.done / repetitions if event.done < repetitions else 0.0
        fraction = self._fraction(under_way)
        words = [
            f"{event.test.name}, {event.done} of {repetitions}",
            event.contender,
            self._time_left.words(fraction),
        ]
        self.progressed.emit(" · ".join(filter(None, words)), fraction)

    def _take_refusal(self, event: NotMeasured) -> None:
        for test in self.tests if event.test is None else (event.test,):
            self.refused.setdefault((event.contender, test.name), event.reason)
        what = "" if event.test is None else f", {event.test.name}"
        self.failed.emit(f"{event.contender}{what}: {event.reason}")
        self.measured.emit()

    def _fraction(self, under_way: float = 0.0) -> float:
        planned = len(self.contenders) * len(self.tests)
        return (len(self.speeds) + len(self.refused) + under_way) / max(1, planned)

    def _take_end(self, fault: Exception | None) -> None:
        if self._bench is not None:
            # Ending the workers waits for their processes, and frees the models' memory.
            self._jobs.start("bench", self._bench.close, self._forget_bench)
        if isinstance(fault, SteelyardError):
            self._fail(fault)
            return
        if fault is not None:
            self._jobs.crashed.emit(fault)
        elif not self.speeds and not self.refused:
            self.noticed.emit("Stopped before anything was measured.")
        self._end()

    def _forget_bench(self, _closed: None) -> None:
        self._bench = None

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))
        self._end()

    def _end(self) -> None:
        self._held.done()
        self.finished.emit()
        self.availability_changed.emit()


def _by_place(session: Session) -> dict[Place, Measured]:
    return {(each.contender, each.test.name): each for each in session.speeds}


def _recorded(
    bench: SpeedBench,
    plan: SpeedPlan,
    environment: Callable[[], Environment],
    recorder: Recorder | None,
    resumed: Session | None,
) -> Iterator[SpeedEvent]:
    from engine.speed_recording import recorded_speeds

    return recorded_speeds(bench.run(plan), plan, environment, recorder, resumed)
