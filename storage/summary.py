"""What a list shows of a session, without opening it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from engine.contract import SessionKind, SessionStatus


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """n_jobs: replies that the plan asks for; n_replies: those there are."""

    id: str
    title: str
    created: datetime
    kind: SessionKind
    status: SessionStatus
    contenders: tuple[str, ...]
    n_replies: int
    n_jobs: int
