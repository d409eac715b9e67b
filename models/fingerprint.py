"""The sha256 of model files, computed once and kept as long as path, size and time of change stay.

Each file has an entry of its own in the cache folder, so that several processes can share it without a
lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from engine.client import Stopped
from engine.errors import UnreadableFile
from models.atomic import write_atomically
from models.gguf.source import unreadable

CHUNK_BYTES: Final = 1024 * 1024


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    size_bytes: int
    mtime_ns: int
    sha256: str


class Fingerprints:
    """The known sha256 figures under a cache folder, which is made when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def known(self, path: Path) -> str | None:
        """The figure of this very state of the file, without reading it."""
        try:
            status = path.stat()
        except OSError:
            return None
        return self.recall(path, status.st_size, status.st_mtime_ns)

    def recall(self, path: Path, size_bytes: int, mtime_ns: int) -> str | None:
        """The figure that the file had in this state, without looking at the file at all."""
        path = path.absolute()
        try:
            entry = msgspec.json.decode(self._entry_path(path).read_bytes(), type=Entry)
        except (OSError, msgspec.DecodeError):
            return None
        state = (entry.path, entry.size_bytes, entry.mtime_ns)
        return entry.sha256 if state == (str(path), size_bytes, mtime_ns) else None

    def of(
        self,
        path: Path,
        *,
        on_progress: Callable[[float], None] = lambda fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> str:
        """The figure, computed where it is not known; raises ModelFileError, or Stopped."""
        path = path.absolute()
        known = self.known(path)
        if known is not None:
            return known
        sha256, status = _hash(path, on_progress, cancelled)
        self._remember(
            Entry(
                path=str(path),
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
                sha256=sha256,
            )
        )
        return sha256

    def remember(self, path: Path, sha256: str) -> None:
        """Keep a figure that was computed while the file was written."""
        path = path.absolute()
        status = path.stat()
        self._remember(
            Entry(
                path=str(path),
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
                sha256=sha256,
            )
        )

    def _remember(self, entry: Entry) -> None:
        # A full or read-only cache costs time at the next start, nothing else.
        with contextlib.suppress(OSError):
            target = self._entry_path(Path(entry.path))
            write_atomically(target, msgspec.json.encode(entry), durable=False)

    def _entry_path(self, path: Path) -> Path:
        return self._folder / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"


def _hash(
    path: Path, on_progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> tuple[str, os.stat_result]:
    digest = hashlib.sha256()
    chunk = memoryview(bytearray(CHUNK_BYTES))
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableFile(f"{path} is not a regular file. Choose a .gguf file.")
        done = 0
        with path.open("rb", buffering=0) as file:
            # A file that grows is noticed below; read to its end it might never end.
            while done <= before.st_size and (size := file.readinto(chunk)):
                digest.update(chunk[:size])
                done += size
                on_progress(min(done / max(before.st_size, 1), 1.0))
                if cancelled():
                    raise Stopped
        after = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UnreadableFile(f"{path} changed while it was read. Try again when it is complete.")
    return digest.hexdigest(), after
