"""A suite run without its widgets: the cases, the run that goes on, and what was found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine.contract import (
    CaseScore,
    Contender,
    Failed,
    Loading,
    Replied,
    Session,
)
from engine.errors import SteelyardError
from engine.same_models import same_model_remarks
from gui.collaborators import Bench, Collaborators, History
from gui.held_run import HeldRun
from gui.jobs import Jobs
from gui.quality.cases_model import SESSION, CasesModel
from gui.quality.faults import fault_words
from gui.quality.participants_model import ParticipantsModel
from gui.quality.suite_tally import SuiteTally
from gui.quality.suite_work import (
    Decision,
    Prepared,
    Prices,
    SuiteFound,
    SuiteSettings,
    Terms,
    judge_by,
    judge_suite,
    overrule_suite,
    prepare_again,
    prepare_rest,
    prepare_suite,
    reopen_suite,
    settings_of,
    terms_of_session,
    unrecorded,
    weighed,
)


class SuiteModel(QObject):
    """Owns the run, its bench and its thread; `close` ends them."""

    availability_changed = Signal()
    settings_given = Signal()
    """The settings are now those of a recorded session."""
    progressed = Signal(str, float)
    begun = Signal()
    finished = Signal()
    failed = Signal(str)
    noticed = Signal(str)
    unrecorded = Signal(object, str)
    """A Session that the history did not take, and why."""

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
        self._prices: Callable[[], Prices] | None = None
        self.settings = SuiteSettings()
        self.cases = CasesModel(jobs, self)
        self.found: SuiteFound | None = None
        self._tally: SuiteTally | None = None
        self._terms = self.settings.terms()
        self._bench: Bench | None = None
        self._checks = False
        self._held = HeldRun("measurement", self)
        self._held.arrived.connect(self._take_events)
        self._held.ended.connect(self._take_end)
        for changed in (participants.changed, self.cases.changed):
            changed.connect(self.availability_changed)
        self.cases.failed.connect(self.failed)
        self.cases.noticed.connect(self.noticed)

    @property
    def running(self) -> bool:
        return self._held.running

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Those of the shown result."""
        return () if self.found is None else self.found.contenders

    def use(self, history: History) -> None:
        """Record runs from now on."""
        self._history = history
        self.cases.use(history)

    def price_with(self, prices: Callable[[], Prices]) -> None:
        """Ask for the prices each time that quality is set beside what it costs."""
        self._prices = prices

    def edit(self, settings: SuiteSettings) -> None:
        self.settings = settings
        self.availability_changed.emit()

    def why_not_run(self) -> str:
        return (
            self._held.why_not_start()
            or self.cases.choice.why_none()
            or self._participants.why_not_enough()
        )

    def why_not_stop(self) -> str:
        if self.running and self._checks:
            return "The replies are being checked."
        return self._held.why_not_stop()

    def why_not_resume(self) -> str:
        found = self.found
        unfinished = found is not None and found.unfinished and found.session is not None
        return self._held.why_not_start() or ("" if unfinished else "No unfinished suite is shown.")

    def run(self) -> None:
        reference = self._participants.reference
        if not self.why_not_run() and reference is not None:
            contenders = (reference, *self._participants.candidates)
            choice, settings = self.cases.choice, self.settings
            given, history = self._given, self._history
            work = partial(prepare_suite, given, history, choice, settings, contenders)
            self._prepare(work, settings.terms())
            for remark in same_model_remarks(contenders):
                self.noticed.emit(remark)

    def resume(self) -> None:
        """Run what the shown result still lacks."""
        found, history = self.found, self._history
        if found is None or found.session is None or history is None or self.why_not_resume():
            return
        work = partial(history.session, found.session)
        self._jobs.start("history", work, self.resume_session, self._fail)

    def resume_session(self, session: Session) -> None:
        """Run what a recorded suite still lacks."""
        if not self.running:
            work = partial(prepare_rest, self._given, self._history, session)
            self._prepare(work, self._terms_of(session))

    def repeat_session(self, session: Session) -> None:
        """Run all that a recorded suite asked once more."""
        if not self.running:
            work = partial(prepare_again, self._given, self._history, session)
            self._prepare(work, self._terms_of(session))

    def show_session(self, session: Session) -> None:
        """Show what a recorded suite found, with its cases and settings as those of the next run."""
        if not self.running:
            work = partial(reopen_suite, session, self._checking(len(session.replies)))
            self._think(work, partial(self._take_session, session))

    def stop(self) -> None:
        if not self.why_not_stop():
            self._held.stop()
            self.availability_changed.emit()

    def overrule(self, score: CaseScore, check: int, passed: bool, reason: str) -> None:
        """Set a check of the shown result as a person decided, and judge anew."""
        if self.found is not None and not self.running:
            place = (score.contender, score.case, score.repeat)
            decision = Decision(place, check, passed, reason)
            self._think(partial(overrule_suite, self.found, decision), self._take_and_keep)

    def judge_by(self, terms: Terms) -> None:
        """Judge the shown result by other terms; the next run chooses by the same metric."""
        found = self.found
        if found is None or self.running or terms == found.terms:
            return
        if terms.metric != self.settings.metric:
            self.settings = replace(self.settings, metric=terms.metric)
            self.settings_given.emit()
        self._think(partial(judge_by, found, terms), self._take_and_keep)

    def close(self) -> bool:
        """Stop the run and end its workers; False where its thread is still there."""
        bench, self._bench = self._bench, None
        return bench is None or self._held.close(bench.close)

    # -------------------------------------------------------------------------------------------

    def _terms_of(self, session: Session) -> Terms:
        return self.settings.terms() if session.suite is None else terms_of_session(session)

    def _take_session(self, session: Session, found: SuiteFound) -> None:
        self.settings = settings_of(session, found)
        self.cases.take_suite(SESSION, found.suite)
        self.settings_given.emit()
        self._take_found(found)

    def _prepare(self, work: Callable[[], Prepared], terms: Terms) -> None:
        self.found, self._tally = None, None
        self._terms = terms
        self._held.want()
        self._jobs.start("bench", work, self._start, self._fail)
        self.begun.emit()
        self.progressed.emit("Reading the cases", 0.0)
        self.availability_changed.emit()

    def _start(self, prepared: Prepared) -> None:
        self._tally, self._bench = SuiteTally(prepared), prepared.bench
        if self._held.stopping:
            self._end_bench()
            self._end()
            return
        try:
            events = prepared.bench.run(prepared.plan, prepared.earlier)
        except SteelyardError as fault:
            self._end_bench()
            self._fail(fault)
            return
        self._held.start(prepared.bench, events)

    def _take_events(self, events: tuple[object, ...]) -> None:
        tally = self._tally
        assert tally is not None  # made before its run begins
        for event in events:
            complaint = tally.take(event)
            if complaint:
                self.failed.emit(complaint)
            match event:
                case Loading(contender=name):
                    self.progressed.emit(f"Loading {name}", tally.fraction)
                case Replied(reply=reply) | Failed(reply=reply):
                    self.progressed.emit(tally.words(reply.contender), tally.fraction)

    def _take_end(self, fault: Exception | None) -> None:
        self._end_bench()
        tally = self._tally
        if fault is not None and not isinstance(fault, SteelyardError):
            self._jobs.crashed.emit(fault)
            self._end()
        elif fault is not None:
            self._fail(fault)
        elif tally is None or not tally.replies:
            self.noticed.emit("Stopped before the first reply.")
            self._end()
        else:
            self.progressed.emit("Checking the replies", 1.0)
            work = partial(
                judge_suite,
                tally.prepared,
                tuple(tally.replies),
                self._terms,
                session=tally.session,
                unfinished=tally.unfinished,
                notices=tuple(tally.notices),
                checked=self._checking(len(tally.replies)),
            )
            self._weigh(work, partial(self._take_judged, tally))

    def _think(self, work: Callable[[], SuiteFound], done: Callable[[SuiteFound], None]) -> None:
        """Judge in the background; nothing else begins meanwhile."""
        self._held.want()
        self._weigh(work, done)

    def _checking(self, replies: int) -> Callable[[int], None]:
        """For the job that checks them: tells how far it is, and ends it when the window is closed."""
        told = self._jobs.progress(self.progressed.emit)

        def tell(done: int) -> None:
            told(f"Checking the replies: {done} of {replies}", done / max(1, replies))

        return tell

    def _weigh(self, work: Callable[[], SuiteFound], done: Callable[[SuiteFound], None]) -> None:
        self._checks = True
        self.availability_changed.emit()
        prices = None if self._prices is None else self._prices()
        self._jobs.start("bench", partial(weighed, work, prices), done, self._fail)

    def _take_found(self, found: SuiteFound) -> None:
        self.found = found
        self._end()

    def _take_judged(self, tally: SuiteTally, found: SuiteFound) -> None:
        """What a run has brought, once it is judged."""
        self._take_and_keep(found)
        if tally.why_unrecorded:
            session = unrecorded(tally.prepared, found)
            if session is not None:
                self.unrecorded.emit(session, tally.why_unrecorded)

    def _take_and_keep(self, found: SuiteFound) -> None:
        history = self._history
        if history is not None and found.session is not None:
            work = partial(history.keep, found.session, found.findings())
            self._jobs.start("history", work, None, self._fail_to_keep)
        self._take_found(found)

    def _fail_to_keep(self, fault: SteelyardError) -> None:
        self.failed.emit(f"The verdicts are not kept: {fault}")

    def _end_bench(self) -> None:
        if self._bench is not None:
            # Ending the workers waits for their processes, and frees the models' memory.
            self._jobs.start("bench", self._bench.close, self._forget_bench)

    def _forget_bench(self, _closed: None) -> None:
        self._bench = None

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(fault_words(fault))
        self._end()

    def _end(self) -> None:
        self._checks = False
        self._held.done()
        self.finished.emit()
        self.availability_changed.emit()
