"""What stays of a run: stored, exported, reopened; and who keeps it while it happens."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

from engine.contract.fidelity import FidelityDocument
from engine.contract.fidelity_task import FidelityTask
from engine.contract.judgement import CaseScore, SuiteTerms, Verdict, Vote
from engine.contract.machine import Environment
from engine.contract.plan import Case, Contender, Plan, Sampling
from engine.contract.reply import Reply
from engine.contract.speed import Measured, SpeedTest

SESSION_FORMAT: Final = "steelyard.session"
SESSION_VERSION: Final = 1

SessionStatus = Literal["running", "finished", "stopped", "interrupted"]
SessionKind = Literal["compare", "bench", "fidelity", "suite"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is stored, exported and reopened; encoded as JSON it is the exchange document.

    status: running, finished, stopped (by the user), or interrupted (its process died). notes, tags
    and the star are the user's own. suite, scores and verdicts are of a suite, whose first contender is
    the reference; fidelity and speeds are of runs of those kinds, tests what a speed run was to measure,
    fidelity_task what a fidelity run was asked (None in sessions of versions that did not keep it).
    """

    format: Literal["steelyard.session"] = SESSION_FORMAT
    version: int = SESSION_VERSION
    id: str
    title: str
    created: datetime
    kind: SessionKind = "compare"
    status: SessionStatus = "running"
    environment: Environment
    sampling: Sampling = Sampling()
    repeats: int = 1
    together: bool = False
    batched: bool = False
    warm_up: bool = True
    tests: tuple[SpeedTest, ...] = ()
    fidelity_task: FidelityTask | None = None
    contenders: tuple[Contender, ...]
    cases: tuple[Case, ...]
    replies: tuple[Reply, ...] = ()
    suite: SuiteTerms | None = None
    scores: tuple[CaseScore, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    votes: tuple[Vote, ...] = ()
    fidelity: FidelityDocument | None = None
    speeds: tuple[Measured, ...] = ()
    notes: str = ""
    tags: tuple[str, ...] = ()
    starred: bool = False

    def plan(self) -> Plan:
        """The plan that this session ran, to run it again or to finish it."""
        return Plan(
            contenders=self.contenders,
            cases=self.cases,
            sampling=self.sampling,
            repeats=self.repeats,
            together=self.together,
            batched=self.batched,
            warm_up=self.warm_up,
            tests=self.tests,
            fidelity_task=self.fidelity_task,
            title=self.title,
        )


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of a session after or beside its replies; None leaves a part as it is."""

    suite: SuiteTerms | None = None
    scores: tuple[CaseScore, ...] | None = None
    verdicts: tuple[Verdict, ...] | None = None
    votes: tuple[Vote, ...] | None = None
    fidelity: FidelityDocument | None = None
    speeds: tuple[Measured, ...] | None = None

    def added_to(self, session: Session) -> Session:
        known = {name: getattr(self, name) for name in self.__struct_fields__}
        found = {name: value for name, value in known.items() if value is not None}
        return msgspec.structs.replace(session, **found)


class Recorder(Protocol):
    """Keeps a run while it happens; called from the run's thread. Each method raises StorageError."""

    def begin(self, plan: Plan, environment: Environment) -> str:
        """Open a session for the plan; gives its id."""

    def resume(self, session: str) -> None:
        """Mark an interrupted or stopped session as running again."""

    def record(self, session: str, reply: Reply) -> None:
        """Commit a reply before returning; one of the same contender, case and repeat is replaced."""

    def keep(self, session: str, findings: Findings) -> None:
        """Commit what was found, in place of what was found before."""

    def end(self, session: str, status: SessionStatus) -> None:
        """Close the session with its final status."""
