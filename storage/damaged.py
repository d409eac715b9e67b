"""Reads a database of which any read may fail, and gives the sessions that come together all the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from engine.contract import Reply, Session, SessionStatus
from storage.bodies import unpack_case, unpack_contender, unpack_reply, unpack_session
from storage.document_checks import contradiction
from storage.faults import worded
from storage.tables import FIRST_REPLY, SESSION_SHIFT

_LAST: Final = 1 << 40
_MOST_FAILURES: Final = 20_000
"""Failed reads of one range after which there is nothing more to be found behind the damage."""
_MOST_CONTENDERS: Final = 1 << 10

_SESSION: Final = (
    "SELECT number, body, n_jobs, title, starred, tags, notes, status FROM session WHERE number"
)
_CONTENDER: Final = "SELECT position, body FROM contender WHERE session = {} AND position"
_CASE: Final = 'SELECT number, body FROM "case" WHERE number'
_REPLY: Final = "SELECT number, body, text FROM reply WHERE number"
_DISCARDED: Final = "SELECT session FROM bin WHERE session"

Part = TypeVar("Part")


class DamagedDatabase:
    def __init__(self, path: Path) -> None:
        self._path = path
        with worded(path):
            self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        self._connection.text_factory = lambda text: text.decode(errors="replace")

    def close(self) -> None:
        self._connection.close()

    def sessions(self) -> Iterator[Session]:
        """With the replies that can be read of each; those that were discarded are left out."""
        discarded = {number for (number,) in self._rows(_DISCARDED, 0, _LAST)}
        for row in self._rows(_SESSION, 0, _LAST):
            session = None if row[0] in discarded else _decoded(self._session, row[0], row[1:])
            if session is not None and contradiction(session) is None:
                yield session

    def _session(self, number: int, columns: tuple[Any, ...]) -> Session:
        body, n_jobs, title, starred, tags, notes, status = columns
        first = number << SESSION_SHIFT
        # There are no more cases or replies than jobs, and they are numbered without gaps: behind the damage
        # only that many numbers have to be tried, and not the millions that a session could have.
        most = min(max(int(n_jobs), 1), FIRST_REPLY - 1)
        contenders = self._parts(unpack_contender, _CONTENDER.format(number), 0, _MOST_CONTENDERS)
        cases = self._parts(unpack_case, _CASE, first + 1, first + most)
        start = first + FIRST_REPLY
        replies = self._parts(unpack_reply, _REPLY, start, start + most - 1)
        names = {contender.name for contender in contenders}
        ids = {case.id for case in cases}

        def has_place(reply: Reply) -> bool:
            return reply.contender in names and reply.case in ids

        return msgspec.structs.replace(
            unpack_session(body),
            title=title,
            status=msgspec.convert(
                "interrupted" if status == "running" else status, type=SessionStatus
            ),
            starred=bool(starred),
            tags=msgspec.json.decode(tags, type=tuple[str, ...]),
            notes=notes,
            contenders=contenders,
            cases=cases,
            replies=tuple(filter(has_place, replies)),
        )

    def _parts(
        self, unpack: Callable[..., Part], statement: str, low: int, high: int
    ) -> tuple[Part, ...]:
        parts = (_decoded(unpack, *row[1:]) for row in self._rows(statement, low, high))
        return tuple(part for part in parts if part is not None)

    def _rows(self, statement: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        """Rows from `low` to `high` by their first column, ever smaller ranges around what fails."""
        n_failures, waiting = 0, [(low, high)]
        while waiting and n_failures <= _MOST_FAILURES:
            low, high = waiting.pop()
            try:
                for row in self._connection.execute(
                    f"{statement} BETWEEN {low} AND {high} ORDER BY 1"
                ):
                    yield row
                    low = row[0] + 1
            except sqlite3.DatabaseError:
                n_failures += 1
                if low < high:
                    middle = (low + high) // 2
                    waiting += [(middle + 1, high), (low, middle)]


def _decoded(unpack: Callable[..., Part], *columns: Any) -> Part | None:
    try:
        return unpack(*columns)
    except (msgspec.DecodeError, TypeError, ValueError):
        # Bytes that are not what was written; what kind of nonsense they are does not matter.
        return None
