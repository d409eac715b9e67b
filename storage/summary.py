"""What a list shows of a session, without opening it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from engine.contract import SessionKind, SessionStatus

Place = Literal["title", "notes", "prompt", "reply"]


class Stretch(msgspec.Struct, frozen=True):
    """A part of an excerpt; `hit`: it is what was searched for."""

    text: str
    hit: bool


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Where the searched words were found; `contender` of a reply, else None."""

    place: Place
    contender: str | None
    excerpt: tuple[Stretch, ...]


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """n_jobs: replies that the plan asks for; n_replies: those there are, n_failed of them errors.
    quantizations: of the contenders, each once. hit: when words were searched for.
    """

    id: str
    title: str
    created: datetime
    kind: SessionKind
    status: SessionStatus
    contenders: tuple[str, ...]
    quantizations: tuple[str, ...] = ()
    n_replies: int
    n_failed: int = 0
    n_jobs: int
    tags: tuple[str, ...] = ()
    starred: bool = False
    machine: str = ""
    hit: Hit | None = None

    @property
    def n_answered(self) -> int:
        return self.n_replies - self.n_failed

    @property
    def all_failed(self) -> bool:
        """It went through without a single reply, so it has not just finished."""
        return self.status == "finished" and 0 < self.n_replies == self.n_failed


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the filters can offer: all values that some session has."""

    models: tuple[str, ...]
    quantizations: tuple[str, ...]
    tags: tuple[str, ...]
    machines: tuple[str, ...]
