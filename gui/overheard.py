"""A recorder that is listened to: a run which the history does not take can be exported all the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from engine.contract import (
    Environment,
    Findings,
    Plan,
    Recorder,
    Reply,
    Session,
    SessionKind,
    SessionStatus,
)
from engine.errors import StorageError

NO_HISTORY: Final = "There is no history open."
_ID: Final = "%Y%m%d-%H%M%S"


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
        kind: SessionKind = "compare",
    ) -> Session | None:
        """The last run as a session; None where it did not come to its beginning."""
        if resumed is not None:
            return msgspec.structs.replace(resumed, replies=tuple(replies), status=status)
        if self._environment is None:
            return None
        return Session(
            id=f"{self._begun:{_ID}}-unrecorded",
            title=plan.title or _first_words(plan),
            kind=kind,
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
