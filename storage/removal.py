"""Takes sessions out of the lists, and out of the file."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from storage.database import Database
from storage.tables import FOUND, BinRow, SessionRow
from storage.writing import microseconds

_PAGES_AT_ONCE: Final = 400
"""So much work at most is done before another process may write: some ten milliseconds."""


def discard(connection: Connection, ids: Iterable[str]) -> None:
    """Put sessions into the bin, from which they can be taken again."""
    numbers = connection.execute(select(SessionRow.number).where(SessionRow.id.in_(ids))).scalars()
    rows = [
        {"session": number, "discarded_us": microseconds(datetime.now(UTC))} for number in numbers
    ]
    if rows:
        connection.execute(insert(BinRow), rows)


def restore(connection: Connection, ids: Iterable[str]) -> None:
    chosen = select(SessionRow.number).where(SessionRow.id.in_(ids))
    connection.execute(delete(BinRow).where(BinRow.session.in_(chosen)))


def remove(connection: Connection, ids: Iterable[str]) -> None:
    connection.execute(delete(SessionRow).where(SessionRow.id.in_(ids)))


def remove_discarded(connection: Connection) -> None:
    connection.execute(delete(SessionRow).where(SessionRow.number.in_(select(BinRow.session))))


def reclaim(database: Database) -> None:
    """Give the room of what was removed back to the system, and leave no word of it in the file.

    Rows are overwritten when they are deleted, but the full text index only notes that its words are
    void, until its parts are merged. Other writers get their turn between the steps.
    """
    n_pages = -_PAGES_AT_ONCE
    while True:
        with database.write() as connection:
            before = _total_changes(connection)
            connection.execute(insert(FOUND).values(found="merge", rank=n_pages))
            # By its manual, FTS5 has nothing left to merge when less than two rows have changed.
            if _total_changes(connection) - before < 2:
                break
        n_pages = _PAGES_AT_ONCE
    while True:
        with database.write() as connection:
            _vacuum(connection)
            if not connection.exec_driver_sql("PRAGMA freelist_count").scalar():
                break
    database.empty_log()


def _vacuum(connection: Connection) -> None:
    # Each step frees one page and gives a row without columns, which SQLAlchemy takes for the end.
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
        cursor.fetchall()


def _total_changes(connection: Connection) -> int:
    n_changes: int = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return n_changes
