"""Turns what SQLite and the file system complain about into sentences, at one place.

SQLite's result codes: https://www.sqlite.org/rescode.html. A code that is not listed here means
that our SQL is wrong, so it stays as it is and reaches the crash handler.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.exc import DBAPIError

from engine.errors import DamagedHistory, StorageError
from storage.os_faults import DISK_FAILS, NO_FOLDER, NO_SPACE, READ_ONLY, os_sentence

_LOCKED = "{path} is locked by another program. Close that program, or try again in a moment."
_OTHER_FILE = (
    "{path} is not a Steelyard history but some other kind of file. Move it away, or set"
    " STEELYARD_HOME to another folder."
)
DAMAGED: Final = (
    "{path} is damaged and cannot be read as it is. What can still be read of it can be salvaged into a"
    " new one; the damaged file is kept."
)
_CANNOT_OPEN = (
    "{path} cannot be opened. Check that it is a file and that you may read and write it."
)
_TOO_BIG = "A text or list of this session is larger than {path} can hold."

_BY_RESULT = {
    sqlite3.SQLITE_FULL: NO_SPACE,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_NOTADB: _OTHER_FILE,
    sqlite3.SQLITE_CANTOPEN: _CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: DISK_FAILS,
    sqlite3.SQLITE_TOOBIG: _TOO_BIG,
}


def _sqlite_sentence(path: Path, error: sqlite3.Error) -> str | None:
    # Errors that the sqlite3 module raises itself, without asking SQLite, carry no code.
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    sentence = _BY_RESULT.get(code & 0xFF)
    if sentence is _CANNOT_OPEN and not path.parent.is_dir():
        sentence = NO_FOLDER
    return sentence and sentence.format(path=path, folder=path.parent)


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite found it, or Python did in a text that is not UTF-8 any more."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return "Could not decode to UTF-8" in str(error)
    return bool(code & 0xFF == sqlite3.SQLITE_CORRUPT)


@contextmanager
def worded(path: Path, read_only: str | None = None) -> Iterator[None]:
    """Within it, faults of the database at `path` are raised as StorageError.

    read_only: why a database of a newer version is only read; what we fail to read there is no bug.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error) and _is_damage(cause):
            raise DamagedHistory(DAMAGED.format(path=path)) from error
        sentence = _sqlite_sentence(path, cause) if isinstance(cause, sqlite3.Error) else None
        sentence = sentence or read_only
        if sentence is None:
            raise
        raise StorageError(sentence) from error
    except msgspec.DecodeError as error:
        # SQLite has no sums over its pages, so it hands out overwritten ones as they are.
        if read_only is None:
            raise DamagedHistory(DAMAGED.format(path=path)) from error
        raise StorageError(read_only) from error
    except OSError as error:
        raise StorageError(os_sentence(path, error)) from error
    except (UnicodeEncodeError, OverflowError, RecursionError) as error:
        # Text with half a surrogate pair, a number over 64 bits: only foreign sources hold such.
        raise StorageError(f"Something given to {path} cannot be kept there: {error}.") from error
