"""The history of all sessions: what the window and the command line read and change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from engine.contract import Findings, Session, SessionKind
from storage.database import Database, why_only_read
from storage.importing import Imported, import_file
from storage.listing import count_sessions, list_choices, list_sessions
from storage.marks import add_tag, remove_tag, set_notes, set_starred, set_title
from storage.query import EVERYTHING, Query
from storage.reading import abandoned, find_id, read_session
from storage.recorder import SessionRecorder
from storage.removal import discard, is_unclean, reclaim, remove_discarded, restore
from storage.schema import migrate
from storage.summary import Choices, SessionSummary
from storage.uses import Use, last_uses
from storage.watch import Watch
from storage.writing import keep_findings, set_status


class History:
    """Open it with `History.open` and close it at the end; any thread may use it in between.

    Ids may be shortened wherever one is asked for, as `find` says. All methods raise StorageError.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> History:
        """Open or make the database at `path`, brought up to date.

        A newer one, and one that may not be written, is only read.
        """
        unwritable = why_only_read(path)
        if unwritable is not None:
            return cls._open_to_read(path, unwritable)
        database = Database(path)
        try:
            database.create_file()
            newer = migrate(database)
            if not newer:
                _mark_interrupted(database)
        except BaseException:
            database.close()
            raise
        if newer:
            database.close()
            database = Database(path, read_only=newer)
        return cls(database)

    @classmethod
    def _open_to_read(cls, path: Path, why: str) -> History:
        opened = cls(Database(path, read_only=why))
        try:
            opened.count()
        except BaseException:
            opened.close()
            raise
        return opened

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @property
    def path(self) -> Path:
        return self._database.path

    @property
    def read_only(self) -> str | None:
        """The sentence to show when nothing can be recorded or changed here; else None."""
        return self._database.read_only

    def recorder(self, kind: SessionKind = "compare") -> SessionRecorder:
        return SessionRecorder(self._database, kind)

    def sessions(
        self, limit: int | None = None, offset: int = 0, query: Query = EVERYTHING
    ) -> tuple[SessionSummary, ...]:
        """Those that the query asks for, newest first if it does not say otherwise."""
        with self._database.read() as connection:
            return list_sessions(connection, query, limit, offset)

    def count(self, query: Query = EVERYTHING) -> int:
        with self._database.read() as connection:
            return count_sessions(connection, query)

    def choices(self) -> Choices:
        with self._database.read() as connection:
            return list_choices(connection)

    def uses(self, machine: str) -> tuple[Use, ...]:
        """When each model was used last on a machine, named by its processor, and how fast it was."""
        with self._database.read() as connection:
            return last_uses(connection, machine)

    def session(self, session_id: str) -> Session:
        with self._database.read() as connection:
            return read_session(connection, find_id(connection, session_id))

    def find(self, part: str) -> str:
        """The full id of a shortened one."""
        with self._database.read() as connection:
            return find_id(connection, part)

    def rename(self, session_id: str, title: str) -> None:
        with self._database.write() as connection:
            set_title(connection, find_id(connection, session_id), title)

    def set_notes(self, session_id: str, notes: str) -> None:
        with self._database.write() as connection:
            set_notes(connection, find_id(connection, session_id), notes)

    def set_starred(self, ids: Sequence[str], *, starred: bool) -> None:
        with self._database.write() as connection:
            set_starred(connection, _find_all(connection, ids), starred=starred)

    def add_tag(self, ids: Sequence[str], tag: str) -> None:
        with self._database.write() as connection:
            add_tag(connection, _find_all(connection, ids), tag)

    def remove_tag(self, ids: Sequence[str], tag: str) -> None:
        with self._database.write() as connection:
            remove_tag(connection, _find_all(connection, ids), tag)

    def keep(self, session_id: str, findings: Findings) -> None:
        """Put what was found of a session in place of what was found before."""
        with self._database.write() as connection:
            keep_findings(connection, find_id(connection, session_id), findings)

    def discard(self, ids: Sequence[str]) -> None:
        """Take sessions out of sight; `restore` brings them back until the bin is emptied."""
        with self._database.write() as connection:
            discard(connection, _find_all(connection, ids))

    def restore(self, ids: Sequence[str]) -> None:
        """`ids` must be whole."""
        with self._database.write() as connection:
            restore(connection, ids)

    def empty_bin(
        self,
        ids: Collection[str] | None = None,
        until: datetime | None = None,
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        """Delete for good what was discarded, as `delete` does: these sessions, or what lay there by then.

        go_on: called between its steps; what it raises ends the work, of which the next call does the rest.
        """

        def between() -> None:
            go_on()
            self._database.give_way()

        remove_discarded(self._database, ids, until, between)
        if is_unclean(self._database):
            reclaim(self._database, between)

    def delete(self, *ids: str) -> None:
        """Remove sessions from the file, which then shrinks; takes seconds in a large history."""
        with self._database.write() as connection:
            found = _find_all(connection, ids)
            discard(connection, found)
        remove_discarded(self._database, found)
        reclaim(self._database)

    def import_file(self, path: Path) -> Imported:
        return import_file(self._database, path)

    def problems(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the file; takes seconds if that is large."""
        with self._database.read() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check").scalars()
            return tuple(problem for problem in found if problem != "ok")

    def watch(self) -> Watch:
        """For one thread, which closes it."""
        return Watch(self.path)


def _find_all(connection: Connection, ids: Iterable[str]) -> list[str]:
    return [find_id(connection, part) for part in ids]


def _mark_interrupted(database: Database) -> None:
    """Write down what reading would find out again and again."""
    with database.read() as connection:
        if not abandoned(connection):
            return
    with database.write() as connection:
        for session_id in abandoned(connection):
            set_status(connection, session_id, "interrupted", owner=None)
