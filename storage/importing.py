"""Takes exported sessions into the history: all of a file, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from engine.contract import Session
from engine.errors import StorageError
from storage.database import Database
from storage.document import MAX_BYTES, parse
from storage.files import read_lines, read_whole
from storage.removal import remove
from storage.tables import BinRow, SessionRow
from storage.writing import insert_session


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of what a file held: sessions that are new here, and those that had been here before."""

    added: tuple[str, ...]
    known: tuple[str, ...]


def import_file(database: Database, path: Path) -> Imported:
    """A .json file with one session, or .jsonl with one on each line."""
    added: list[str] = []
    known: list[str] = []
    with database.write() as connection:
        for session in _sessions(path):
            (added if _take(connection, session) else known).append(session.id)
    return Imported(added=tuple(added), known=tuple(known))


def _sessions(path: Path) -> Iterator[Session]:
    if path.suffix.lower() == ".jsonl":
        for number, line in enumerate(read_lines(path, MAX_BYTES), 1):
            if line.strip():
                yield parse(line, f"{path.name}, session on line {number},")
    elif path.suffix.lower() == ".json":
        yield parse(read_whole(path, MAX_BYTES), path.name)
    else:
        raise StorageError(f"{path.name} is neither .json nor .jsonl: only those are imported.")


def _take(connection: Connection, session: Session) -> bool:
    """Add the session unless it is there; whether it was added."""
    there = connection.execute(
        select(SessionRow.number).where(SessionRow.id == session.id)
    ).scalar_one_or_none()
    if there is not None:
        discarded = connection.execute(select(BinRow).where(BinRow.session == there)).first()
        if discarded is None:
            return False
        remove(connection, [session.id])
    if session.status == "running":
        session = msgspec.structs.replace(session, status="interrupted")
    insert_session(connection, session, owner=None)
    return True
