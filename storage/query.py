"""Which sessions a list is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from engine.contract import SessionKind

SortKey = Literal[
    "created", "title", "kind", "models", "status", "n_replies", "starred", "tags", "machine"
]
"""models: by the first contender's name."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions, in which order; what is empty or None does not restrict.

    text: words that one title, note, prompt or reply must hold all of. Of several models, quantizations,
    kinds or machines a session needs one; of several tags it needs all. since ≤ created < until.
    """

    text: str = ""
    models: tuple[str, ...] = ()
    quantizations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kinds: tuple[SessionKind, ...] = ()
    machines: tuple[str, ...] = ()
    starred: bool = False
    since: datetime | None = None
    until: datetime | None = None
    sort: SortKey = "created"
    ascending: bool = False


EVERYTHING: Final = Query()
