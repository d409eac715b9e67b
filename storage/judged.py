"""What the history's suites say of a session's models, for sessions that judge nothing themselves."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final, Protocol

import msgspec

from engine.contract import Contender, Session, Verdict
from storage.query import Query
from storage.summary import SessionSummary

_LOOKED_AT: Final = 20
"""So many of the newest suites: older ones judged older models."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts under the names that the session has; title and created: of the suite."""

    verdicts: tuple[Verdict, ...]
    title: str
    created: datetime

    def sentence(self) -> str:
        day = f"{self.created.astimezone():%Y-%m-%d}"
        return f"What is known of the quality comes from the session “{self.title}” of {day}."


class Sessions(Protocol):
    """What is asked of a history."""

    def sessions(self, limit: int, offset: int, query: Query) -> tuple[SessionSummary, ...]: ...

    def session(self, session_id: str) -> Session: ...


def judgement_on(session: Session, history: Sessions) -> Judgement | None:
    """Of the newest suite that judged two of the session's models; raises StorageError."""
    names: dict[object, list[str]] = defaultdict(list)
    for contender in session.contenders:
        names[_identity(contender)].append(contender.name)
    for summary in history.sessions(_LOOKED_AT, 0, Query(kinds=("suite",))):
        if summary.kind != "suite" or summary.id == session.id:
            continue
        suite = history.session(summary.id)
        own = {each.name: names.get(_identity(each), []) for each in suite.contenders}
        found = tuple(
            msgspec.structs.replace(verdict, contender=contender, reference=reference)
            for verdict in suite.verdicts
            for contender in own.get(verdict.contender, [])
            for reference in own.get(verdict.reference, [])
            if contender != reference
        )
        if found:
            return Judgement(verdicts=found, title=suite.title, created=suite.created)
    return None


def _identity(contender: Contender) -> object:
    """What decides over the quality of replies: the weights, adapters, and how the cache is kept."""
    model, runtime = contender.model, contender.runtime
    weights = model.sha256 or (model.file, model.size_bytes)
    return weights, runtime.loras, runtime.type_k, runtime.type_v
