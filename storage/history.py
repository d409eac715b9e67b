"""The history of all sessions: what the window and the command line read and change."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import delete, update

from engine.contract import Session, SessionKind
from engine.errors import StorageError
from storage.database import Database
from storage.reading import abandoned, find_id, read_session, read_summaries
from storage.recorder import SessionRecorder
from storage.schema import migrate
from storage.summary import SessionSummary
from storage.tables import SessionRow
from storage.writing import set_status

__all__ = ["History", "SessionSummary"]


class History:
    """Open it with `History.open` and close it at the end; any thread may use it in between.

    Ids may be shortened wherever one is asked for, as `find` says. All methods raise StorageError.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> History:
        """Open or make the database at `path`, brought up to date."""
        database = Database(path)
        try:
            database.create_file()
            migrate(database)
            _mark_interrupted(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @property
    def path(self) -> Path:
        return self._database.path

    def recorder(self, kind: SessionKind = "compare") -> SessionRecorder:
        return SessionRecorder(self._database, kind)

    def sessions(self, limit: int | None = None, offset: int = 0) -> tuple[SessionSummary, ...]:
        """Newest first."""
        with self._database.read() as connection:
            return read_summaries(connection, limit, offset)

    def session(self, session_id: str) -> Session:
        with self._database.read() as connection:
            return read_session(connection, find_id(connection, session_id))

    def find(self, part: str) -> str:
        """The full id of a shortened one."""
        with self._database.read() as connection:
            return find_id(connection, part)

    def rename(self, session_id: str, title: str) -> None:
        words = " ".join(title.split())
        if not words:
            raise StorageError("A session needs a title: give at least one letter.")
        with self._database.write() as connection:
            found = find_id(connection, session_id)
            connection.execute(update(SessionRow).where(SessionRow.id == found).values(title=words))

    def delete(self, session_id: str) -> None:
        with self._database.write() as connection:
            found = find_id(connection, session_id)
            connection.execute(delete(SessionRow).where(SessionRow.id == found))


def _mark_interrupted(database: Database) -> None:
    """Write down what reading would find out again and again."""
    with database.read() as connection:
        if not abandoned(connection):
            return
    with database.write() as connection:
        for session_id in abandoned(connection):
            set_status(connection, session_id, "interrupted", owner=None)
