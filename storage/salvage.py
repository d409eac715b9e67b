"""Takes what can still be read of a damaged database over into a new one, and keeps the damaged file."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.errors import StorageError
from storage.damaged import DamagedDatabase
from storage.database import Database
from storage.faults import worded
from storage.schema import migrate
from storage.wholeness import is_whole
from storage.writing import insert_session


class Salvaged(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the history again, and where the damaged file lies now."""

    n_sessions: int
    n_replies: int
    damaged: Path


def salvaged_words(salvaged: Salvaged | None) -> str:
    """What became of it, in a sentence for the user."""
    if salvaged is None:
        return "The history is whole; nothing was done."
    sessions = "1 session" if salvaged.n_sessions == 1 else f"{salvaged.n_sessions:,} sessions"
    replies = "1 reply" if salvaged.n_replies == 1 else f"{salvaged.n_replies:,} replies"
    return (
        f"{sessions} with {replies} could be read and are in a new history. The damaged file was kept:"
        f" {salvaged.damaged}."
    )


def salvage(path: Path) -> Salvaged | None:
    """Replace the database by a new one with all that can be read; nothing may have it open.

    None: it is whole and was left as it is. Raises StorageError, the file left as it is.
    """
    if is_whole(path):
        return None
    rescued = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        n_sessions, n_replies = _copy_readable(path, rescued)
        if not n_sessions:
            raise StorageError(
                f"No session of {path} can be read any more. The file was left as it is."
            )
        return Salvaged(n_sessions=n_sessions, n_replies=n_replies, damaged=_swap(path, rescued))
    finally:
        for part in _files_of(rescued):
            part.unlink(missing_ok=True)


def _copy_readable(path: Path, target_path: Path) -> tuple[int, int]:
    n_sessions = n_replies = 0
    target = Database(target_path)
    with closing(target), closing(DamagedDatabase(path)) as source:
        target.create_file()
        migrate(target)
        for session in source.sessions():
            with target.write() as connection:
                insert_session(connection, session, owner=None)
            n_sessions += 1
            n_replies += len(session.replies)
    return n_sessions, n_replies


def _swap(path: Path, rescued: Path) -> Path:
    """Put the new file in place; where the old one is then."""
    damaged = path.with_name(f"{path.stem}-damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}{path.suffix}")
    with worded(path):
        # What is only in the log yet belongs to the damaged file.
        for old, new in zip(_files_of(path), _files_of(damaged), strict=True):
            if old.exists():
                old.rename(new)
        rescued.rename(path)
    return damaged


def _files_of(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + ending) for ending in ("-wal", "-shm", ""))
