"""Brings a database to the tables that this version needs, with a copy of it kept before.

Alembic is imported only where there is something to do: it costs more time than a start may take.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from engine.errors import StorageError
from storage.database import Database
from storage.faults import worded

REVISIONS: Final = ("v1", "v2", "v3")
"""Every revision there has been, oldest first; a test holds them against the migrations."""
KEPT_BACKUPS: Final = 3
_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> str | None:
    """Make the tables or bring them up to date; for those of a newer version, why they may only be read.

    Raises StorageError, having changed nothing.
    """
    with database.read() as connection:
        revision = _revision(connection, database.path)
    if revision is not None and revision not in REVISIONS:
        return (
            f"{database.path} was made by a newer version of Steelyard, so it is only read. Install"
            " that version, or set STEELYARD_HOME to another folder."
        )
    if revision != REVISIONS[-1]:
        _bring_up_to_date(database)
    return None


def _bring_up_to_date(database: Database) -> None:
    with database.write() as connection:
        # Another process may have been quicker, so the question is asked again inside.
        revision = _revision(connection, database.path)
        if revision == REVISIONS[-1]:
            return
        if revision is not None:
            _back_up(database.path, revision)
        _upgrade(connection)


def _revision(connection: Connection, path: Path) -> str | None:
    """The revision of the tables, None for an empty file."""
    tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_schema").scalars())
    if not tables:
        return None
    found: str | None = None
    if "alembic_version" in tables:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found is None:
        raise StorageError(
            f"{path} is a database of another program. Move it away, or set STEELYARD_HOME to"
            " another folder."
        )
    return found


def _back_up(path: Path, revision: str) -> None:
    """Copy the database, the log beside it included, and keep the last few copies."""
    folder = path.parent / "backups"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = folder / f"{path.stem}-{stamp}-{revision}{path.suffix}"
    unfinished = target.with_suffix(".part")
    with worded(target):
        folder.mkdir(exist_ok=True, mode=0o700)
        try:
            _copy(path, unfinished)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        for old in sorted(folder.glob(f"{path.stem}-*{path.suffix}"))[:-KEPT_BACKUPS]:
            old.unlink()


def _copy(source_path: Path, target_path: Path) -> None:
    source = sqlite3.connect(source_path)
    target = sqlite3.connect(target_path)
    try:
        source.backup(target)
        # A copy that needs no second file beside it.
        target.execute("PRAGMA journal_mode = DELETE")
    finally:
        target.close()
        source.close()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
