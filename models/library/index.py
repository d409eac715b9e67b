"""What was read of each file, kept so that a library of thousands opens without reading headers again."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from models.atomic import write_atomically
from models.library.entry import Details
from models.library.roots import App

VERSION = 1


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A file in one state, and what its header told then: details, or the sentence against it."""

    size_bytes: int
    mtime_ns: int
    device: int
    inode: int
    details: Details | None = None
    sentence: str | None = None

    def is_of(self, status: os.stat_result) -> bool:
        return (self.size_bytes, self.mtime_ns) == (status.st_size, status.st_mtime_ns)


class Index(msgspec.Struct, kw_only=True):
    """files by path; places as they were found: path, program, name."""

    version: int = VERSION
    files: dict[str, Known] = {}
    places: list[tuple[str, App, str | None]] = []


def load_index(path: Path) -> Index:
    """An empty one where there is none, or one that another version wrote."""
    try:
        index = msgspec.msgpack.decode(path.read_bytes(), type=Index)
    except (OSError, msgspec.DecodeError):
        return Index()
    return index if index.version == VERSION else Index()


def save_index(path: Path, index: Index) -> None:
    # Without it the next start reads headers again, nothing else.
    with contextlib.suppress(OSError):
        write_atomically(path, msgspec.msgpack.encode(index), durable=False)
