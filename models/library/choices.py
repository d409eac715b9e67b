"""What the user decided about the library: folders and files added; entries hidden."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec

from engine.errors import SteelyardError
from models.atomic import write_atomically

WAIT_S = 5.0


class LibraryError(SteelyardError):
    """The library's list could not be changed."""


class Choices(msgspec.Struct, kw_only=True):
    """Paths as text."""

    folders: list[str] = []
    files: list[str] = []
    hidden: list[str] = []


class ChoiceFile:
    """The choices in a file that several processes share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Choices:
        """Empty where there are none, or none that can be understood."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Choices)
        except (OSError, msgspec.DecodeError):
            return Choices()

    @contextmanager
    def change(self) -> Iterator[Choices]:
        """Choices to be changed within the `with` block; raises LibraryError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(f"{self._path}.lock", timeout=WAIT_S):
                choices = self.read()
                yield choices
                write_atomically(self._path, msgspec.json.format(msgspec.json.encode(choices)))
        except filelock.Timeout as error:
            raise LibraryError(
                "The library's list is being changed by another Steelyard. Try again."
            ) from error
        except OSError as error:
            raise LibraryError(
                f"The library's list {self._path} cannot be written: {error.strerror}. Check its rights."
            ) from error
