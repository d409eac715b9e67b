"""Runs that the history did not take: what is needed to export them all the same."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.contract import (
    Event,
    NotRecorded,
    Plan,
    Recorder,
    Reply,
    Session,
    SessionStatus,
    Vote,
)
from engine.errors import SteelyardError
from gui.collaborators import History
from gui.history.exporter import Chosen, Exporter
from gui.overheard import Overheard


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

    def add(self, session: Session) -> None:
        """Hold on to a run of another page."""
        self.sessions += (session,)

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
