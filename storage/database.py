"""The connections to the SQLite file: short ones, each in one transaction."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from engine.errors import StorageError
from storage.faults import worded
from storage.os_faults import ONLY_READ
from storage.words import searchable

BUSY_TIMEOUT_S: Final = 5.0
_SETTINGS: Final = (
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "wal_autocheckpoint = 16000",
)
_WRITES: Final = "steelyard_writes"


class Database:
    """One SQLite file for all threads of this process; connects when first used.

    read_only: why nothing may be written to it; None when it may.
    """

    def __init__(self, path: Path, read_only: str | None = None) -> None:
        self.path = path
        self.read_only = read_only
        self._engine = _reading_engine(path) if read_only else _engine(path)
        event.listen(self._engine, "begin", _begin)
        self._writing = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout; raises StorageError."""
        with worded(self.path, self.read_only), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one connection that may write now: commits at the end, or changes nothing at all.

        Waits for other writers up to BUSY_TIMEOUT_S; raises StorageError.
        """
        if self.read_only:
            raise StorageError(self.read_only)
        with worded(self.path), self._writing.begin() as connection:
            yield connection

    def create_file(self) -> None:
        """Make the folder and an empty file that only the user can read; keep what is there."""
        with worded(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))

    def empty_log(self) -> None:
        """Move what the log holds into the database, as far as nobody reads it just now."""
        with worded(self.path), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def give_way(self) -> None:
        """Wait between the steps of long work: SQLite keeps no queue, others only try now and then."""
        time.sleep(0.02)

    def close(self) -> None:
        self._engine.dispose()


def _engine(path: Path) -> Engine:
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare)
    return engine


def why_only_read(path: Path) -> str | None:
    """Why a database that is there may not be written; None where it may, or where there is none."""
    if not path.is_file():
        return None
    # SQLite keeps its log beside the file, so it needs the folder too.
    writable = _may_write(path) and _may_write(path.parent)
    return None if writable else ONLY_READ.format(path=path)


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def reading_uri(path: Path) -> str:
    """SQLite makes a file beside one that others may write, and cannot where nobody writes anything."""
    log = path.with_name(f"{path.name}-wal")
    still = not _may_write(path.parent) and not (log.exists() and log.stat().st_size)
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"


def _reading_engine(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            reading_uri(path),
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )

    return create_engine("sqlite:///", creator=connect, poolclass=QueuePool)


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Settings that SQLite keeps per connection.

    isolation_level None leaves transactions to `_begin`: the sqlite3 module itself would not roll
    back changes to tables. synchronous NORMAL: a commit survives the death of the process; when the
    power fails, the last ones may be lost. auto_vacuum can be chosen for a new file only, and
    would be written each time. wal_autocheckpoint: with the usual 1,000 pages, and in a large history
    with 4,000, every hundredth reply waits for the disk; with 16,000 the log takes 64 MB.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        if _is_empty(cursor):
            cursor.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _use_wal(cursor)
        for setting in _SETTINGS:
            cursor.execute(f"PRAGMA {setting}")
        connection.create_function("searchable", 1, searchable, deterministic=True)
    finally:
        cursor.close()


def _is_empty(cursor: DBAPICursor) -> bool:
    cursor.execute("PRAGMA page_count")
    return cursor.fetchone() == (0,)


def _use_wal(cursor: DBAPICursor) -> None:
    """Switch to WAL; SQLite does not wait by itself when another process is just doing the same."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    # One that reads first and writes later cannot wait for another writer, so writers say so here.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
