"""Tells whether a database can be read to its last byte, without changing the file or its log."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from engine.errors import StorageError
from storage.database import Database
from storage.reading import read_session
from storage.tables import SessionRow

_UNREADABLE: Final = "Some of it makes no sense."


def is_whole(path: Path) -> bool:
    """False also for what is no history. SQLite has no sums over its pages, so every session is read too."""
    with closing(Database(path, read_only=_UNREADABLE)) as database:
        try:
            with database.read() as connection:
                return _is_consistent(connection) and _all_can_be_read(connection)
        except StorageError:
            return False


def _is_consistent(connection: Connection) -> bool:
    problems = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    return (
        list(problems) == ["ok"]
        and not connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
    )


def _all_can_be_read(connection: Connection) -> bool:
    for session_id in connection.execute(select(SessionRow.id)).scalars().all():
        read_session(connection, session_id)
    # SQLite's check looks into an index of words from 3.44 on only; this walks through all of it.
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'found', 'instance')"
    )
    connection.exec_driver_sql("SELECT count(*) FROM temp.words").scalar()
    return True
