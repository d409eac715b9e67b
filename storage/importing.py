"""Takes exported sessions into the history: all of a file, or nothing of it.

A file may be large, and others write meanwhile. So its sessions are checked first, then put into the bin
piece by piece, and taken out of it all at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import select

from engine.contract import Session
from engine.errors import Misnamed
from storage.database import Database
from storage.document import MAX_BYTES, parse
from storage.files import read_lines, read_whole
from storage.removal import discard, remove_discarded, restore
from storage.tables import BinRow, SessionRow
from storage.writing import insert_replies, insert_session

_REPLIES_AT_ONCE: Final = 200


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of what a file held: sessions that are new here, and those that had been here before."""

    added: tuple[str, ...]
    known: tuple[str, ...]


def import_file(database: Database, path: Path) -> Imported:
    """A .json file with one session, or .jsonl with one on each line; raises StorageError."""
    sessions = _read(path)
    added: list[str] = []
    known: list[str] = []
    try:
        for session in sessions:
            if _is_there(database, session.id):
                known.append(session.id)
            else:
                added.append(session.id)
                _put_into_bin(database, session)
    except BaseException:
        remove_discarded(database, added)
        raise
    with database.write() as connection:
        restore(connection, added)
    return Imported(added=tuple(added), known=tuple(known))


def _read(path: Path) -> Iterator[Session]:
    """The sessions of a file of which every one was checked; of many, one at a time is in memory."""
    ending = path.suffix.lower()
    if ending == ".json":
        return iter([parse(read_whole(path, MAX_BYTES), path.name)])
    if ending == ".jsonl":
        for _ in _lines(path):
            pass
        return _lines(path)
    raise Misnamed(f"{path.name} is neither .json nor .jsonl: only those are imported.")


def _lines(path: Path) -> Iterator[Session]:
    for number, line in enumerate(read_lines(path, MAX_BYTES), 1):
        if line.strip():
            yield parse(line, f"{path.name}, session on line {number},")


def _is_there(database: Database, session_id: str) -> bool:
    """Whether a list shows it; one in the bin, which nobody sees, is removed to make room."""
    found = select(SessionRow.number).where(SessionRow.id == session_id)
    with database.read() as connection:
        if connection.execute(found).scalar() is None:
            return False
        discarded = select(BinRow.session).where(BinRow.session.in_(found))
        if connection.execute(discarded).scalar() is None:
            return True
    remove_discarded(database, [session_id])
    return False


def _put_into_bin(database: Database, session: Session) -> None:
    status = "interrupted" if session.status == "running" else session.status
    bare = msgspec.structs.replace(session, status=status, replies=())
    with database.write() as connection:
        insert_session(connection, bare, owner=None)
        discard(connection, [session.id])
    for first in range(0, len(session.replies), _REPLIES_AT_ONCE):
        database.give_way()
        with database.write() as connection:
            insert_replies(connection, session, first, _REPLIES_AT_ONCE)
