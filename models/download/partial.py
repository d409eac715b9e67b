"""What is here of a file that is not here whole: its bytes so far, and of what they are."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from models.atomic import write_atomically

BUFFER_BYTES: Final = 256 * 1024


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A file of one revision on a hub; with a sha256 it is known by its content."""

    endpoint: str
    repo: str
    file: str
    commit: str
    size_bytes: int
    sha256: str | None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """`store_etag`: what the store calls this content; parts of another are not appended to it."""

    wanted: Wanted
    store_etag: str | None = None


class Partial:
    """The files beside `target`, named like it with .part and .part.json behind."""

    def __init__(self, target: Path, wanted: Wanted) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._record_path = target.with_name(f"{target.name}.part.json")
        self._wanted = wanted

    @property
    def size_bytes(self) -> int:
        """How much is here of just this content; 0 where what is here is of another."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return 0
        return size if size <= self._wanted.size_bytes and self._is_same() else 0

    @property
    def store_etag(self) -> str | None:
        record = self._record()
        return record.store_etag if record else None

    def remember(self, store_etag: str | None) -> None:
        write_atomically(
            self._record_path,
            msgspec.json.encode(Record(wanted=self._wanted, store_etag=store_etag)),
        )

    def open(self) -> tuple[BinaryIO, int]:
        """The bytes so far, to be appended to, and how many they are."""
        size = self.size_bytes
        if size == 0:
            self.discard()
            self.remember(None)
        file = self.path.open("ab", buffering=BUFFER_BYTES)
        return file, size

    def discard(self) -> None:
        for path in (self.path, self._record_path):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    def discard_empty(self) -> bool:
        """Remove what holds no byte; says whether nothing is left, of whatever content."""
        if self.path.exists() and self.path.stat().st_size > 0:
            return False
        self.discard()
        return True

    def forget_record(self) -> None:
        self._record_path.unlink(missing_ok=True)

    def _is_same(self) -> bool:
        record = self._record()
        if record is None:
            return False
        was, now = record.wanted, self._wanted
        if now.sha256 is not None:
            return (was.sha256, was.size_bytes) == (now.sha256, now.size_bytes)
        return was == now

    def _record(self) -> Record | None:
        try:
            return msgspec.json.decode(self._record_path.read_bytes(), type=Record)
        except (OSError, msgspec.DecodeError):
            return None
