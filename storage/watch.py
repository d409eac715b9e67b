"""Tells that the history has changed, whoever changed it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from storage.database import reading_uri
from storage.faults import worded


class Watch:
    """Belongs to one thread; asking costs some microseconds, so a timer may ask several times a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def changed(self) -> bool:
        """Whether anything was committed since the last call; the first call only begins watching."""
        with worded(self._path):
            if self._connection is None:
                self._connection = sqlite3.connect(reading_uri(self._path), uri=True)
            # Changes with every commit of another connection, those of other processes included.
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        changed = self._version not in {-1, version}
        self._version = version
        return changed

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
