"""Where a header is read from: a file here, or ranges of one that lies elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from engine.errors import MissingFile, UnreadableFile


class Source(Protocol):
    """Bytes that can be read at any place; errors of reading are ModelFileErrors."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, size: int) -> bytes:
        """Those bytes; fewer only where the source ends."""


class FileSource:
    """A regular file, open while the `with` block lasts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self.size = 0

    @property
    def name(self) -> str:
        return str(self._path)

    def __enter__(self) -> Self:
        try:
            # A pipe would block in open, a device never ends: looked at before opening.
            status = self._path.stat()
            if stat.S_ISDIR(status.st_mode):
                raise UnreadableFile(f"{self.name} is a folder. Choose a .gguf file in it.")
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableFile(f"{self.name} is not a regular file. Choose a .gguf file.")
            self._descriptor = os.open(self._path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except (OSError, ValueError) as error:
            raise unreadable(self._path, error) from error
        self.size = status.st_size
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    def read_at(self, offset: int, size: int) -> bytes:
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, size)
        except OSError as error:
            raise unreadable(self._path, error) from error


def unreadable(path: Path, error: OSError | ValueError) -> MissingFile | UnreadableFile:
    """The error that says why the system does not give us this file."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return MissingFile(f"{path} is not there. Check the name, or download it again.")
        case PermissionError():
            return UnreadableFile(
                f"You may not read {path}. Change its permissions, or choose another file."
            )
        case OSError():
            return UnreadableFile(
                f"{path} cannot be read: {error.strerror}. Check the disk, or choose another file."
            )
        case _:
            return UnreadableFile(f"{str(path)!r} is not a file name that this system knows.")
