"""Changes what the user says about sessions; each function works within its caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy import Connection, select, update

from engine.errors import StorageError
from storage.tables import SessionRow


def set_title(connection: Connection, session_id: str, title: str) -> None:
    words = " ".join(title.split())
    if not words:
        raise StorageError("A session needs a title: give at least one letter.")
    connection.execute(update(SessionRow).where(SessionRow.id == session_id).values(title=words))


def set_notes(connection: Connection, session_id: str, notes: str) -> None:
    connection.execute(update(SessionRow).where(SessionRow.id == session_id).values(notes=notes))


def set_starred(connection: Connection, ids: Iterable[str], *, starred: bool) -> None:
    connection.execute(update(SessionRow).where(SessionRow.id.in_(ids)).values(starred=starred))


def add_tag(connection: Connection, ids: Iterable[str], tag: str) -> None:
    word = " ".join(tag.split())
    if not word:
        raise StorageError("A tag needs at least one letter.")
    _change_tags(connection, ids, lambda tags: tags if word in tags else (*tags, word))


def remove_tag(connection: Connection, ids: Iterable[str], tag: str) -> None:
    _change_tags(connection, ids, lambda tags: tuple(other for other in tags if other != tag))


def _change_tags(
    connection: Connection,
    ids: Iterable[str],
    change: Callable[[tuple[str, ...]], tuple[str, ...]],
) -> None:
    rows = connection.execute(
        select(SessionRow.number, SessionRow.tags).where(SessionRow.id.in_(ids))
    ).all()
    for number, encoded in rows:
        tags = change(msgspec.json.decode(encoded, type=tuple[str, ...]))
        connection.execute(
            update(SessionRow)
            .where(SessionRow.number == number)
            .values(tags=msgspec.json.encode(tags).decode())
        )
