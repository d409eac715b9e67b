"""A fidelity run without its widgets: the run that goes on, and its figures so far."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from engine.contract import Contender, Loading, NotRecorded, Session
from engine.errors import SteelyardError
from engine.same_models import other_settings_remarks, same_model_remarks
from gui.collaborators import Collaborators, FidelityBench, History
from gui.divergence.divergence_model import Question, why_not_read
from gui.held_run import HeldRun
from gui.jobs import Jobs
from gui.quality.faults import fault_words
from gui.quality.fidelity_again import prepare_again, settings_of, what_became_of_its_file
from gui.quality.fidelity_work import (
    FidelitySettings,
    prepare_fidelity,
    recorded_run,
    sessions_with_replies,
)
from gui.quality.participants_model import ParticipantsModel
from gui.quality.texts import TextSource, why_no_text
from gui.quality.time_left import TimeLeft

if TYPE_CHECKING:  # the engine's fidelity brings numpy, which a start must not wait for
    from engine.contract import Case, FidelityDocument, ReplyFidelity
    from engine.fidelity import ChunkDone, FidelityPlan, RepliesPlan
    from engine.quality.fidelity_statistics import RunningFidelity

    _Prepared = tuple[FidelityBench, FidelityPlan | RepliesPlan]

_ANSWERS_SHARE: Final = 0.4
_NOISE_SHARE: Final = 0.1


class FidelityModel(QObject):
    """Owns the run and its thread; `close` ends them."""

    availability_changed = Signal()
    progressed = Signal(str, float)
    estimated = Signal(str)
    """The name of a candidate whose running estimate is another now."""
    begun = Signal()
    finished = Signal()
    failed = Signal(str)
    noticed = Signal(str)
    sessions_known = Signal(tuple)
    settings_shown = Signal(object)
    """Those of the recorded run that is shown now."""

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
        self.settings = FidelitySettings()
        self.reference: Contender | None = None
        self.candidates: tuple[Contender, ...] = ()
        self.running_estimates: dict[str, RunningFidelity] = {}
        self.document: FidelityDocument | None = None
        self._history: History | None = None
        self._cases: dict[str, Case] = {}
        self._time_left = TimeLeft()
        self._fraction = 0.0
        self._bench: FidelityBench | None = None
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

    def list_sessions(self) -> None:
        """Tell with `sessions_known` which sessions hold replies."""
        if self._history is not None:
            work = partial(sessions_with_replies, self._history)
            self._jobs.start("history", work, self.sessions_known.emit, self._refuse)

    def edit(self, settings: FidelitySettings) -> None:
        self.settings = settings
        self.availability_changed.emit()

    def why_no_question(self, candidate: str) -> str:
        """Why the tokens of this candidate's replies cannot be shown, in a sentence; empty where they can."""
        pair = [each for each in (self.reference, self._named(candidate)) if each is not None]
        return next(filter(None, map(why_not_read, pair)), "")

    def question(self, candidate: str, found: ReplyFidelity) -> Question | None:
        """Where would the candidate leave this reply? None where it cannot be asked."""
        other = self._named(candidate)
        replies = self.document.replies if self.document is not None else ()
        reply = next((each for each in replies if each.case == found.case), None)
        if self.reference is None or other is None or reply is None:
            return None
        return Question(
            reference=self.reference,
            candidate=other,
            case=self._cases[found.case],
            reply=reply.reply,
            reasoned=reply.reasoned,
            place=found.worst.token,
        )

    def why_not_run(self) -> str:
        return (
            self._held.why_not_start()
            or self._participants.why_not_enough()
            or why_no_text(self.settings.source)
        )

    def why_not_stop(self) -> str:
        return self._held.why_not_stop()

    def run(self) -> None:
        reference = self._participants.reference
        if self.why_not_run() or reference is None:
            return
        candidates = self._participants.candidates
        prepare = partial(
            prepare_fidelity, self._given, self._history, self.settings, reference, candidates
        )
        self._begin((reference, *candidates), prepare)

    def repeat_session(self, session: Session) -> None:
        """Measure all that a recorded run measured once more, as a run of its own."""
        if session.fidelity_task is None:
            self.noticed.emit(
                "This session does not tell all that was asked. Run it with changes instead."
            )
        elif self._history is not None:
            self._take_settings(session)
            prepare = partial(prepare_again, self._given, self._history, session)
            self._begin(session.contenders, prepare)

    def change_session(self, session: Session) -> None:
        """Show a recorded run, and say where its file is not as it was, since the next run reads it."""
        self.show_session(session)
        work = partial(what_became_of_its_file, session)
        self._jobs.start("files", work, self._tell_if_any, self._refuse)

    def show_session(self, session: Session) -> None:
        """Show what a recorded run found, with its settings as those of the next one."""
        if self.running:
            return
        self.reference, *others = session.contenders
        self.candidates, self.document = tuple(others), session.fidelity
        self.running_estimates = {}
        self._cases = {each.id: each for each in session.cases}
        self._take_settings(session)
        self.finished.emit()
        if session.fidelity is None:
            self.noticed.emit("Nothing was measured before this run ended.")

    def stop(self) -> None:
        if not self.why_not_stop():
            self._held.stop()
            self.availability_changed.emit()

    def close(self) -> bool:
        """Stop the run and end its worker; False where its thread is still there."""
        bench, self._bench = self._bench, None
        # The run forgets a stop that came before its first step.
        return bench is None or self._held.close(bench.stop)

    # -------------------------------------------------------------------------------------------

    def _begin(self, contenders: tuple[Contender, ...], prepare: Callable[[], _Prepared]) -> None:
        self.reference, *candidates = contenders
        self.candidates = tuple(candidates)
        self.running_estimates, self.document = {}, None
        self._held.want()
        self._time_left.start()
        self._jobs.start("bench", prepare, self._start, self._fail)
        self.begun.emit()
        for remark in (*same_model_remarks(contenders), *other_settings_remarks(contenders)):
            self.noticed.emit(remark)
        on_text = isinstance(self.settings.source, TextSource)
        self._tell("Reading the text" if on_text else "Reading the prompts", 0.0)
        self.availability_changed.emit()

    def _take_settings(self, session: Session) -> None:
        settings = settings_of(session, self.settings)
        if settings is not None:
            self.settings = settings
            self.settings_shown.emit(settings)

    def _tell_if_any(self, words: str) -> None:
        if words:
            self.noticed.emit(words)

    def _start(self, prepared: _Prepared) -> None:
        from engine.fidelity import RepliesPlan

        self._bench, plan = prepared
        cases = plan.cases if isinstance(plan, RepliesPlan) else ()
        self._cases = {each.id: each for each in cases}
        if self._held.stopping:
            self._end()
            return
        self._held.start(self._bench, recorded_run(self._given, self._history, self._bench, plan))

    def _take_events(self, events: tuple[object, ...]) -> None:
        from engine.fidelity import ChunkDone, FidelityDone, ReplyGiven

        if self._held.stopping and self._bench is not None:
            # The run forgets a stop that came before its first step.
            self._bench.stop()
        for event in events:
            match event:
                case Loading():
                    self._tell("Loading the models", self._fraction)
                case ReplyGiven(done=done, cases=cases):
                    words = f"The reference answers: {done} of {cases}"
                    self._tell(words, _ANSWERS_SHARE * done / cases)
                case ChunkDone():
                    self._take_chunk(event)
                case FidelityDone(document=document):
                    self.document = document
                case NotRecorded(reason=reason):
                    self.failed.emit(reason)

    def _take_chunk(self, event: ChunkDone) -> None:
        names = [each.name for each in self.candidates]
        done = event.chunk / event.chunks
        before = _ANSWERS_SHARE if self._cases else 0.0
        step = f"{'reply' if self._cases else 'chunk'} {event.chunk} of {event.chunks}"
        if event.candidate not in names:
            words = f"Measuring what rounding alone does: {step}"
            self._tell(words, before + _NOISE_SHARE * done)
            return
        before += _NOISE_SHARE if self.settings.noise_floor else 0.0
        within = (event.chunk - 1 + (names.index(event.candidate) + 1) / len(names)) / event.chunks
        self.running_estimates[event.candidate] = event.running
        shown = " · ".join(filter(None, (step.capitalize(), self._time_left.words(within))))
        self._tell(shown, before + (1.0 - before) * within)
        self.estimated.emit(event.candidate)

    def _named(self, candidate: str) -> Contender | None:
        return next((each for each in self.candidates if each.name == candidate), None)

    def _tell(self, words: str, fraction: float) -> None:
        self._fraction = fraction
        self.progressed.emit(words, fraction)

    def _take_end(self, fault: Exception | None) -> None:
        from engine.client import Stopped

        if isinstance(fault, SteelyardError):
            self.failed.emit(fault_words(fault))
        elif isinstance(fault, Stopped):
            self.noticed.emit("Stopped before anything was measured.")
        elif fault is not None:
            self._jobs.crashed.emit(fault)
        self._end()

    def _refuse(self, fault: SteelyardError) -> None:
        self.failed.emit(fault_words(fault))

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(fault_words(fault))
        self._end()

    def _end(self) -> None:
        self._held.done()
        self._bench = None
        self.finished.emit()
        self.availability_changed.emit()
