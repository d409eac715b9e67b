"""The results of one search, some at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

from engine.client import Stopped
from models.hub.client import Found, Query

LOOKED_AT: Final = 2_000  # by one call at most, where the hub itself cannot narrow so far


class Results:
    """`more` is False once nothing follows. `stop` may come from another thread."""

    def __init__(self, query: Query, found: Iterator[Found]) -> None:
        self._query = query
        self._found = found
        self._stopping = threading.Event()
        self.more = True

    def take(self, most: int) -> tuple[Found, ...]:
        """The next ones, fewer where the hub has no more or hardly any; raises Stopped and HubError."""
        taken: list[Found] = []
        for _ in range(LOOKED_AT):
            if len(taken) == most:
                return tuple(taken)
            if self._stopping.is_set():
                raise Stopped
            found = next(self._found, None)
            if found is None:
                self.more = False
                return tuple(taken)
            if self._query.admits(found):
                taken.append(found)
        # Nobody waits for ever for the one in thousands.
        self.more = False
        return tuple(taken)

    def stop(self) -> None:
        self._stopping.set()
