"""A suite run without its widgets: the cases, the run that goes on, and what was found."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.contract import (
    Contender,
    Failed,
    Loading,
    Notice,
    NotRecorded,
    Replied,
    Reply,
)
from engine.errors import SteelyardError
from gui.collaborators import Bench, Collaborators, History
from gui.jobs import Jobs, RunFeed
from gui.quality.participants_model import ParticipantsModel
from gui.quality.suite_work import (
    Decision,
    SuiteFound,
    SuiteSettings,
    judge_suite,
    list_ready_suites,
    overrule_suite,
    prepare_suite,
)
from gui.quality.time_left import TimeLeft

if TYPE_CHECKING:  # the checks bring numpy, which a start must not wait for
    from engine.contract import CaseScore, Plan
    from engine.quality.generators.ready import ReadySuite
    from engine.quality.suite import Suite


class SuiteModel(QObject):
    """Owns the run, its bench and its thread; `close` ends them."""

    availability_changed = Signal()
    ready_known = Signal()
    progressed = Signal(str, float)
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
        self.settings = SuiteSettings()
        self.ready_suites: tuple[ReadySuite, ...] = ()
        self.contenders: tuple[Contender, ...] = ()
        self.found: SuiteFound | None = None
        self.running = False
        self._stopping = False
        self._suite: Suite | None = None
        self._planned = 0
        self._time_left = TimeLeft()
        self._failed: set[str] = set()
        self._notices: list[str] = []
        self._replies: list[Reply] = []
        self._margin = 0.0
        self._bench: Bench | None = None
        self._feed: RunFeed | None = None
        participants.changed.connect(self.availability_changed)

    def use(self, history: History) -> None:
        """Record runs from now on."""
        self._history = history

    def list_ready(self) -> None:
        """Learn in the background which ready suites there are."""
        if not self.ready_suites:
            self._jobs.start("files", list_ready_suites, self._take_ready)

    def edit(self, settings: SuiteSettings) -> None:
        self.settings = settings
        self.availability_changed.emit()

    def why_not_run(self) -> str:
        if self.running:
            return "A measurement is running."
        if not self.settings.ready and not self.settings.path:
            return "Choose a file of cases first."
        return self._participants.why_not_enough()

    def why_not_stop(self) -> str:
        if not self.running:
            return "Nothing is running."
        return "Stopping…" if self._stopping else ""

    def run(self) -> None:
        reference = self._participants.reference
        if self.why_not_run() or reference is None:
            return
        self.contenders = (reference, *self._participants.candidates)
        self._replies, self.found = [], None
        self._margin = self.settings.margin_points / 100.0
        self._failed, self._notices = set(), []
        self._time_left.start()
        self.running, self._stopping = True, False
        prepare = partial(prepare_suite, self._given, self._history, self.settings, self.contenders)
        self._jobs.start("bench", prepare, self._start, self._fail)
        self.begun.emit()
        self.progressed.emit("Reading the cases", 0.0)
        self.availability_changed.emit()

    def stop(self) -> None:
        if not self.why_not_stop():
            self._stopping = True
            if self._bench is not None:
                self._bench.stop()
            self.availability_changed.emit()

    def overrule(self, score: CaseScore, check: int, passed: bool, reason: str) -> None:
        """Set a check of the shown result as a person decided, and judge anew."""
        if self.found is not None and not self.running:
            place = (score.contender, score.case, score.repeat)
            decision = Decision(place, check, passed, reason)
            self.running = True
            self.availability_changed.emit()
            work = partial(overrule_suite, self.found, self.contenders, self._margin, decision)
            self._jobs.start("bench", work, self._take_found, self._fail)

    def close(self) -> bool:
        """Stop the run and end its workers; False where its thread is still there."""
        feed, self._feed = self._feed, None
        bench, self._bench = self._bench, None
        if bench is None:
            return True
        bench.stop()
        stopped = feed is None or feed.close()
        bench.close()
        return stopped or feed is None or feed.close()

    # -------------------------------------------------------------------------------------------

    def _take_ready(self, found: tuple[ReadySuite, ...]) -> None:
        self.ready_suites = found
        self.ready_known.emit()

    def _start(self, prepared: tuple[Bench, Suite, Plan]) -> None:
        self._bench, self._suite, plan = prepared
        self._planned = len(plan.cases) * len(plan.contenders)
        if self._stopping:
            self._end_bench()
            self._end()
            return
        try:
            events = self._bench.run(plan)
        except SteelyardError as fault:
            self._end_bench()
            self._fail(fault)
            return
        feed = RunFeed(events, self)
        feed.arrived.connect(self._take_events)
        feed.ended.connect(self._take_end)
        self._feed = feed
        feed.start()

    def _take_events(self, events: tuple[object, ...]) -> None:
        for event in events:
            match event:
                case Loading(contender=name):
                    self.progressed.emit(f"Loading {name}", self._fraction())
                case Replied(reply=reply) | Failed(reply=reply):
                    self._take_reply(reply)
                case Notice(text=text):
                    self._notices.append(text)
                case NotRecorded(reason=reason):
                    self.failed.emit(reason)

    def _take_reply(self, reply: Reply) -> None:
        self._replies.append(reply)
        if reply.finish_reason == "error" and reply.contender not in self._failed:
            self._failed.add(reply.contender)
            self.failed.emit(f"{reply.contender}: {reply.error or 'the reply failed.'}")
        words = [
            f"{len(self._replies)} of {self._planned} replies",
            reply.contender,
            self._time_left.words(self._fraction()),
        ]
        self.progressed.emit(" · ".join(filter(None, words)), self._fraction())

    def _fraction(self) -> float:
        return len(self._replies) / max(1, self._planned)

    def _take_end(self, fault: Exception | None) -> None:
        assert self._feed is not None
        self._feed.deleteLater()
        self._feed = None
        self._end_bench()
        if fault is not None and not isinstance(fault, SteelyardError):
            self._jobs.crashed.emit(fault)
            self._end()
        elif fault is not None:
            self._fail(fault)
        elif self._suite is None or not self._replies:
            self.noticed.emit("Stopped before the first reply.")
            self._end()
        else:
            self.progressed.emit("Checking the replies", 1.0)
            self._judge(self._suite)

    def _judge(self, suite: Suite) -> None:
        work = partial(
            judge_suite,
            suite,
            self.contenders,
            tuple(self._replies),
            self._margin,
            tuple(self._notices),
            stopped=len(self._replies) < self._planned,
        )
        self._jobs.start("bench", work, self._take_found, self._fail)

    def _take_found(self, found: SuiteFound) -> None:
        self.found = found
        self._end()

    def _end_bench(self) -> None:
        if self._bench is not None:
            # Ending the workers waits for their processes, and frees the models' memory.
            self._jobs.start("bench", self._bench.close, self._forget_bench)

    def _forget_bench(self, _closed: None) -> None:
        self._bench = None

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))
        self._end()

    def _end(self) -> None:
        self.running = self._stopping = False
        self.finished.emit()
        self.availability_changed.emit()
