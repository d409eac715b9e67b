"""The Compare page without its widgets: what is compared, the run that goes on, and what can be done now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.contract import Contender, Event, Findings, Finished, ModelFile, Plan, Session, Vote
from engine.errors import SteelyardError
from gui.collaborators import Bench, Collaborators, History
from gui.compare.blind_model import BlindModel
from gui.compare.board_model import BoardModel
from gui.compare.contenders_model import ContendersModel
from gui.compare.demo_model import DemoModel
from gui.compare.draft_model import Draft, DraftModel, draft_of, draft_of_all
from gui.compare.unrecorded import UnrecordedRuns
from gui.held_run import HeldRun
from gui.history.exporter import Exporter
from gui.jobs import Jobs

DEMO_PROMPT = "Give three tips for sleeping better."
CHANGE_WORDS = (
    "Change models, settings or sampling, then press Run. The result is a session of its own."
)


class CompareModel(QObject):
    """Owns the bench, the run and its thread; `close` ends them."""

    availability_changed = Signal()
    """What can be done now, or why not, may have changed."""
    session_ended = Signal()
    noticed = Signal(str)
    warned = Signal(str)
    failed = Signal(str)
    opened = Signal(object)
    """The Session that the board shows now."""

    def __init__(self, jobs: Jobs, given: Collaborators, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._given = given
        self.contenders = ContendersModel(self)
        self.draft = DraftModel(self)
        self.board = BoardModel(self)
        self.blind = BlindModel(self.board, self)
        self.blind.voted.connect(self._keep_votes)
        self._history: History | None = None
        self._bench: Bench | None = None
        self._held = HeldRun("comparison", self)
        self._held.arrived.connect(self._take_events)
        self._held.ended.connect(self._take_end)
        self._session: Session | None = None
        self._elsewhere = ""
        made = (given.export_sessions, given.render_sessions, given.first_page)
        self.unrecorded = UnrecordedRuns(Exporter(jobs, *made, self), self)
        self.unrecorded.noticed.connect(self.noticed)
        self.unrecorded.failed.connect(self.failed)
        self.demo = DemoModel(jobs, given.demo, self)
        self.demo.made.connect(self._take_demo)
        self.demo.failed.connect(self.failed)
        self.board.noticed.connect(self.warned)
        self.board.case_shown.connect(self._follow_case)
        self._followed_prompt = ""
        for signal in (self.contenders.changed, self.draft.changed, self.board.status_changed):
            signal.connect(self.availability_changed)

    # What can be done now ----------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._held.running

    def hold(self, why: str) -> None:
        """Let no run begin for this reason, since two at once would disturb each other's figures."""
        if why != self._elsewhere:
            self._elsewhere = why
            self.availability_changed.emit()

    def why_not_measure(self) -> str:
        """Why nothing beside a run may use the models now; empty where it can."""
        return "Wait for the comparison to end." if self.running else self._elsewhere

    def why_not_run(self) -> str:
        """Why a run cannot start now, in a sentence; empty where it can."""
        if self.running:
            return self._held.why_not_start()
        if self._elsewhere:
            return self._elsewhere
        if self._bench is None:
            return "Getting ready…"
        if not self.contenders.contenders:
            return "Add a model first."
        if not self.draft.draft.prompt.strip() and not self.draft.draft.cases:
            return "Write a prompt first."
        return ""

    def why_not_stop(self) -> str:
        return self._held.why_not_stop()

    def why_not_edit(self) -> str:
        return "Stop the comparison first." if self.running else ""

    def why_not_export(self) -> str:
        if self.running:
            return "Wait for the comparison to end, or stop it."
        there = self.board.session_id or self.unrecorded.shown is not None
        return "" if there else "There is no recorded session to export yet."

    def why_not_cost(self) -> str:
        if self.running:
            return "Wait for the comparison to end, or stop it."
        return "" if self.board.session_id else "There is no recorded session yet."

    def why_not_run_again(self) -> str:
        if self.running or self._elsewhere or self._bench is None:
            return self.why_not_run()
        return "" if self.board.contenders else "Nothing has run yet."

    def why_not_change(self) -> str:
        return self.why_not_edit() or ("" if self.board.contenders else "Nothing has run yet.")

    def why_not_resume(self) -> str:
        if self.running or self._elsewhere or self._bench is None:
            return self.why_not_run()
        return "" if self.board.unfinished else "No unfinished session is open."

    # Opening -----------------------------------------------------------------------------------

    def make_ready(self, history: History | None) -> None:
        """Make the bench in the background; without a history its runs are not recorded."""
        self._history = history
        before, self._bench = self._bench, None
        recorder = self.unrecorded.recorder(history)

        def make() -> Bench:
            if before is not None:
                before.close()
            return self._given.make_bench(recorder)

        self._jobs.start("bench", make, self._take_bench, self._fail)

    def restore(self, contenders: tuple[Contender, ...], draft: Draft) -> None:
        """Bring back the last contenders, as far as their files can still be read."""
        self.draft.replace(draft)
        if contenders:
            work = partial(_still_there, contenders, self._given.describe)
            self._jobs.start("files", work, self._take_restored)

    def add_files(self, paths: Iterable[Path]) -> None:
        """Read the files' headers in the background and add what is a model."""
        for path in paths:
            self._jobs.start(
                "files", partial(self._given.describe, path), self._add_model, self._fail
            )

    def show_session(self, session: Session) -> None:
        """Show a recorded session as it was seen."""
        if self.running:
            return
        self._session = session
        self.unrecorded.shown = None
        self.contenders.replace_all(session.contenders)
        self._follow(draft_of(session.plan()))
        self.board.open(session)
        self.blind.show(session.votes)
        self.opened.emit(session)

    def repeat_session(self, session: Session) -> None:
        """Show a session and run its plan once more."""
        self.show_session(session)
        self.run_again()

    def change_session(self, session: Session) -> None:
        """Show a session and let the user change something before all of it is run again."""
        self.show_session(session)
        self.change_shown()

    def change_shown(self) -> None:
        """Put all that the shown session asked into the composer; the next run asks it again."""
        if not self.why_not_change():
            self.draft.replace(draft_of_all(self.board.plan))
            self.noticed.emit(CHANGE_WORDS)

    def swap_model(self, name: str, path: Path) -> None:
        """Put another model in the place of a contender, in the same settings."""
        self._jobs.start(
            "files", partial(self._given.describe, path), partial(self._swap, name), self._fail
        )

    def resume_session(self, session: Session) -> None:
        """Run what a session still lacks."""
        if not self.running:
            self.contenders.replace_all(session.contenders)
            self.board.open(session, resuming=True)
            self._start(session.plan(), session)

    def start_anew(self) -> None:
        """Clear the board for another comparison; contenders and settings stay."""
        if not self.running:
            self._session = self.unrecorded.shown = None
            self.draft.edit(prompt="", cases=())
            self.draft.replace(self.draft.draft)
            self.board.clear()
            self.blind.show(())

    # Running -----------------------------------------------------------------------------------

    def run(self) -> None:
        if not self.why_not_run():
            plan = self.draft.plan(self.contenders.contenders)
            self.board.begin(plan)
            self._start(plan, None)

    def run_again(self) -> None:
        """Run the shown session's plan once more, as a session of its own."""
        if not self.why_not_run_again():
            plan = self.board.plan
            self.board.begin(plan)
            self._start(plan, None)

    def resume(self) -> None:
        """Run what the shown session still lacks."""
        history, session_id = self._history, self.board.session_id
        if history is not None and session_id is not None and not self.why_not_resume():
            load = partial(history.session, session_id)
            self._jobs.start("history", load, self.resume_session, self._fail)

    def stop(self) -> None:
        if not self.why_not_stop():
            self._held.stop()
            self.availability_changed.emit()

    def close(self) -> bool:
        """Stop the run, keep what it produced, end all workers; False where something is left."""
        return self._bench is None or self._held.close(self._bench.close)

    # -------------------------------------------------------------------------------------------

    def _start(self, plan: Plan, resume: Session | None) -> None:
        assert self._bench is not None
        self._session = None
        self.unrecorded.begin(resume)
        self.blind.begin(plan, blind=self.draft.draft.blind and resume is None)
        try:
            # Called here and not in the run's thread, so that a stop that follows at once is not lost.
            events = self._bench.run(plan, resume)
        except SteelyardError as fault:
            self.board.break_off()
            self._fail(fault)
            return
        self._held.want()
        self._held.start(self._bench, events)
        self.availability_changed.emit()

    def _take_events(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self.board.take(event)
            if isinstance(event, Finished):
                self._held.stopping = False
            self.unrecorded.take(event)

    def _keep_votes(self, votes: tuple[Vote, ...]) -> None:
        """Votes on what is not recorded go with it when it is exported."""
        history, session_id = self._history, self.board.session_id
        self.unrecorded.vote(votes)
        if history is not None and session_id is not None and self.unrecorded.shown is None:
            work = partial(history.keep, session_id, Findings(votes=votes))
            self._jobs.start("history", work, failed=self._fail)

    def _take_end(self, fault: Exception | None) -> None:
        self._held.done()
        if self.board.status == "running":
            self.board.break_off()
        if isinstance(fault, SteelyardError):
            self._fail(fault)
        elif fault is not None:
            self._jobs.crashed.emit(fault)
        board = self.board
        self.unrecorded.end(board.plan, board.all_replies, finished=board.status == "finished")
        self.availability_changed.emit()
        self.session_ended.emit()

    def _take_bench(self, bench: Bench) -> None:
        self._bench = bench
        self.availability_changed.emit()

    def _add_model(self, model: ModelFile) -> None:
        self.contenders.add_models([model])

    def _swap(self, name: str, model: ModelFile) -> None:
        if not self.running and self.contenders.named(name) is not None:
            self.contenders.swap(name, model)

    def _take_restored(self, found: tuple[list[Contender], list[str]]) -> None:
        contenders, faults = found
        if self._session is None:
            # A session that was opened meanwhile has brought its own.
            self.contenders.add(contenders)
        for fault in faults:
            self.warned.emit(fault)

    def _take_demo(self, contenders: tuple[Contender, ...]) -> None:
        self.contenders.replace_all(contenders)
        if not self.draft.draft.prompt.strip():
            self.draft.edit(prompt=DEMO_PROMPT)
            self.draft.replace(self.draft.draft)
        self.run()

    def _follow_case(self) -> None:
        """The composer goes along with the shown prompt as long as nobody has written in it."""
        untouched = self.draft.draft.prompt == self._followed_prompt and not self.draft.draft.cases
        if self._session is not None and untouched:
            self._follow(draft_of(self._session.plan(), self.board.shown_case_index))

    def _follow(self, draft: Draft) -> None:
        self._followed_prompt = draft.prompt
        self.draft.replace(draft)

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))


def _still_there(
    contenders: tuple[Contender, ...], describe: Callable[[Path], ModelFile]
) -> tuple[list[Contender], list[str]]:
    """The contenders with their files as they are now, and a sentence for each that is lost."""
    found, faults = [], []
    for contender in contenders:
        try:
            model = describe(Path(contender.model.path))
        except SteelyardError as fault:
            faults.append(f"{contender.name} is no longer on the page: {fault}")
        else:
            found.append(msgspec.structs.replace(contender, model=model))
    return found, faults
