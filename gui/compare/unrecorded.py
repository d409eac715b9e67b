"""Runs that the history did not take: what is needed to export them all the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.contract import (
    Environment,
    Event,
    Findings,
    NotRecorded,
    Plan,
    Recorder,
    Reply,
    Session,
    SessionStatus,
    Vote,
)
from engine.errors import SteelyardError, StorageError
from gui.collaborators import History
from gui.history.exporter import Chosen, Exporter

NO_HISTORY: Final = "There is no history open."
_ID: Final = "%Y%m%d-%H%M%S"


class UnrecordedRuns(QObject):
    """Holds what the history did not take, until it is exported or the window is gone."""

    kept = Signal(str)
    """The run that ended is here only, and why."""
    noticed = Signal(str)
    failed = Signal(str)

    def __init__(self, exporter: Exporter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.exporter = exporter
        exporter.noticed.connect(self.noticed)
        exporter.failed.connect(self._fail)
        self.sessions: tuple[Session, ...] = ()
        self.shown: Session | None = None
        self._overheard = Overheard(None)
        self._why = ""
        self._resumed: Session | None = None

    def recorder(self, history: History | None) -> Recorder:
        """The history's, overheard; without a history one that takes nothing."""
        self._overheard = Overheard(None if history is None else history.recorder())
        return self._overheard

    def begin(self, resumed: Session | None) -> None:
        self.shown, self._why, self._resumed = None, "", resumed

    def take(self, event: Event) -> None:
        if isinstance(event, NotRecorded):
            self._why = event.reason

    def end(self, plan: Plan, replies: tuple[Reply, ...], *, finished: bool) -> None:
        """Hold on to the run that ended, if the history did not take all of it."""
        if self._why and replies:
            status: SessionStatus = "finished" if finished else "stopped"
            self.shown = self._overheard.session(plan, replies, status, self._resumed)
        if self.shown is not None:
            self.sessions += (self.shown,)
            self.kept.emit(self._why)

    def vote(self, votes: tuple[Vote, ...]) -> None:
        """Add what somebody chose to the shown run, if it is here only."""
        before = self.shown
        if before is not None:
            voted = self.shown = msgspec.structs.replace(before, votes=votes)
            self.sessions = tuple(voted if each is before else each for each in self.sessions)

    def to_export(self, sessions: tuple[Session, ...]) -> Chosen:
        """What the exporter takes; it offers first what holds all of them, since they are nowhere else."""
        name = "steelyard-unrecorded"
        return Chosen(len(sessions), name, lambda most: sessions[:most], usual=".json")

    def forget(self, sessions: tuple[Session, ...]) -> None:
        """They are in a file now, so they may be lost here."""
        self.sessions = tuple(each for each in self.sessions if each not in sessions)

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))


class Overheard:
    """A Recorder that passes all on to the history's and remembers how the last run began.

    Without a history each run is told that it is not recorded. Called in the run's thread.
    """

    def __init__(self, inner: Recorder | None) -> None:
        self._inner = inner
        self._environment: Environment | None = None
        self._begun = datetime.now(UTC)

    def begin(self, plan: Plan, environment: Environment) -> str:
        self._environment, self._begun = environment, datetime.now(UTC)
        return self._there().begin(plan, environment)

    def resume(self, session: str) -> None:
        self._there().resume(session)

    def record(self, session: str, reply: Reply) -> None:
        self._there().record(session, reply)

    def keep(self, session: str, findings: Findings) -> None:
        self._there().keep(session, findings)

    def end(self, session: str, status: SessionStatus) -> None:
        self._there().end(session, status)

    def session(
        self,
        plan: Plan,
        replies: Iterable[Reply],
        status: SessionStatus,
        resumed: Session | None,
    ) -> Session | None:
        """The last run as a session; None where it did not come to its beginning."""
        if resumed is not None:
            return msgspec.structs.replace(resumed, replies=tuple(replies), status=status)
        if self._environment is None:
            return None
        return Session(
            id=f"{self._begun:{_ID}}-unrecorded",
            title=plan.title or _first_words(plan),
            created=self._begun,
            status=status,
            environment=self._environment,
            sampling=plan.sampling,
            repeats=plan.repeats,
            together=plan.together,
            batched=plan.batched,
            warm_up=plan.warm_up,
            contenders=plan.contenders,
            cases=plan.cases,
            replies=tuple(replies),
        )

    def _there(self) -> Recorder:
        if self._inner is None:
            raise StorageError(NO_HISTORY)
        return self._inner


def _first_words(plan: Plan) -> str:
    asked = (m.content for case in plan.cases for m in case.messages if m.role == "user")
    return " ".join(next(asked, "A session").split())[:80] or "A session"
