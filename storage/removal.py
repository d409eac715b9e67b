"""Takes sessions out of the lists, and out of the file: the latter in steps between which others write."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from storage.bodies import unpack_session
from storage.database import Database
from storage.tables import FOUND, BinRow, ReplyRow, SessionRow
from storage.writing import microseconds

_REPLIES_AT_ONCE: Final = 200
_PAGES_AT_ONCE: Final = 400
"""So much work at most is done before another process may write: some ten milliseconds."""
_UNCLEAN: Final = 1
"""SQLite keeps a number for its users; here it says that words of deleted sessions may be left."""

Between = Callable[[], None]
"""Called between the steps of long work, to let others write; what it raises ends the work there."""


def discard(connection: Connection, ids: Collection[str]) -> None:
    """Put sessions into the bin, from which they can be taken again."""
    numbers = connection.execute(select(SessionRow.number).where(SessionRow.id.in_(ids))).scalars()
    rows = [
        {"session": number, "discarded_us": microseconds(datetime.now(UTC))} for number in numbers
    ]
    if rows:
        connection.execute(insert(BinRow), rows)


def restore(connection: Connection, ids: Collection[str]) -> None:
    chosen = select(SessionRow.number).where(SessionRow.id.in_(ids))
    connection.execute(delete(BinRow).where(BinRow.session.in_(chosen)))


def remove_discarded(
    database: Database,
    ids: Collection[str] | None = None,
    until: datetime | None = None,
    between: Between | None = None,
) -> None:
    """Delete what is in the bin: of these sessions, or since before that moment."""
    pause = between or database.give_way
    discarded = select(SessionRow.number).join(BinRow, BinRow.session == SessionRow.number)
    if ids is not None:
        discarded = discarded.where(SessionRow.id.in_(ids))
    if until is not None:
        discarded = discarded.where(BinRow.discarded_us <= microseconds(until))
    with database.read() as connection:
        numbers = connection.execute(discarded).scalars().all()
    for number in numbers:
        while not _remove_some(database, number):
            pause()
        pause()


def remove_empty(connection: Connection, session_id: str) -> None:
    """Delete a session that holds neither replies nor anything that was measured."""
    found = select(SessionRow.number, SessionRow.body).where(SessionRow.id == session_id)
    row = connection.execute(found).one_or_none()
    if row is None:
        return
    replies = select(ReplyRow.number).where(ReplyRow.session == row.number).limit(1)
    session = unpack_session(row.body)
    if session.speeds or session.fidelity or connection.execute(replies).scalar() is not None:
        return
    connection.execute(delete(SessionRow).where(SessionRow.number == row.number))
    connection.exec_driver_sql(f"PRAGMA user_version = {_UNCLEAN}")


def reclaim(database: Database, between: Between | None = None) -> None:
    """Give the room of what was removed back to the system, and leave no word of it in the file.

    Rows are overwritten when they are deleted, but the full text index only notes that its words are
    void, until its parts are merged.
    """
    pause = between or database.give_way
    n_pages = -_PAGES_AT_ONCE
    while _merge_some(database, n_pages):
        n_pages = _PAGES_AT_ONCE
        pause()
    while _vacuum_some(database):
        pause()
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 0")
    database.empty_log()


def is_unclean(database: Database) -> bool:
    """Whether something was deleted since the last `reclaim`, or during one that did not come to its end."""
    with database.read() as connection:
        return bool(connection.exec_driver_sql("PRAGMA user_version").scalar())


def _remove_some(database: Database, number: int) -> bool:
    """Whether nothing of the session is left."""
    some = select(ReplyRow.number).where(ReplyRow.session == number).limit(_REPLIES_AT_ONCE)
    with database.write() as connection:
        removed = connection.execute(delete(ReplyRow).where(ReplyRow.number.in_(some)))
        if removed.rowcount == _REPLIES_AT_ONCE:
            return False
        connection.execute(delete(SessionRow).where(SessionRow.number == number))
        connection.exec_driver_sql(f"PRAGMA user_version = {_UNCLEAN}")
        return True


def _merge_some(database: Database, n_pages: int) -> bool:
    """Whether there may be more to merge; by FTS5's manual the first call has a negative number."""
    with database.write() as connection:
        before = _total_changes(connection)
        connection.execute(insert(FOUND).values(found="merge", rank=n_pages))
        return _total_changes(connection) - before >= 2


def _vacuum_some(database: Database) -> bool:
    """Whether there are free pages left."""
    with database.write() as connection:
        # Each page gives a row without columns, after the first of which Python's sqlite3 stops.
        with closing(connection.connection.cursor()) as cursor:
            for _ in range(_PAGES_AT_ONCE):
                cursor.execute("PRAGMA incremental_vacuum(1)")
        return bool(connection.exec_driver_sql("PRAGMA freelist_count").scalar())


def _total_changes(connection: Connection) -> int:
    n_changes: int = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return n_changes
