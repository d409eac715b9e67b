"""The session of a run, from the history where it is recorded, else put together here."""

from __future__ import annotations

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
from storage.recorder import new_session


class Recording:
    """A Recorder that passes all on to another, if there is one, and knows the session by itself."""

    def __init__(self, inner: Recorder | None, kind: SessionKind = "compare") -> None:
        self._inner = inner
        self._kind: SessionKind = kind
        self._session: Session | None = None

    def begin(self, plan: Plan, environment: Environment) -> str:
        self._session = new_session(plan, environment, self._kind)
        if self._inner is not None:
            recorded = self._inner.begin(plan, environment)
            self._session = msgspec.structs.replace(self._session, id=recorded)
        return self._session.id

    def resume(self, session: str) -> None:
        if self._inner is not None:
            self._inner.resume(session)

    def record(self, session: str, reply: Reply) -> None:
        if self._inner is not None:
            self._inner.record(session, reply)

    def keep(self, session: str, findings: Findings) -> None:
        if self._session is not None:
            self._session = findings.added_to(self._session)
        if self._inner is not None:
            self._inner.keep(session, findings)

    def end(self, session: str, status: SessionStatus) -> None:
        if self._inner is not None:
            self._inner.end(session, status)

    def session(
        self, earlier: Session | None, replies: tuple[Reply, ...], status: SessionStatus
    ) -> Session | None:
        """With these replies; None where the run ended before it began."""
        known = self._session or earlier
        if known is None:
            return None
        return msgspec.structs.replace(known, replies=replies, status=status)
