"""Whole files, read within a limit and written all or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from engine.errors import Misnamed, StorageError
from models.atomic import put_in_place
from storage.os_faults import os_sentence


def read_whole(path: Path, limit_bytes: int) -> bytes:
    """Raises StorageError, also for a file that is larger than the limit."""
    with _worded_reading(path), path.open("rb") as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise StorageError(f"{path} is larger than {limit_bytes // 10**6} MB and was not read.")
    return content


def read_lines(path: Path, limit_bytes: int) -> Iterator[bytes]:
    """The lines one by one; raises StorageError, also for a line that is longer than the limit."""
    with _worded_reading(path), path.open("rb") as file:
        while line := file.readline(limit_bytes + 1):
            if len(line) > limit_bytes:
                raise StorageError(f"{path} has a line of more than {limit_bytes // 10**6} MB.")
            yield line


def write_whole(path: Path, content: bytes) -> None:
    """Put a complete new file in place of what was there; raises StorageError, that kept."""
    try:
        put_in_place(path, content)
    except OSError as error:
        raise StorageError(os_sentence(path, error)) from error


def write_settings(path: Path, settings: msgspec.Struct) -> None:
    """Write them as JSON that a person can read, in a folder made for it; raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StorageError(f"The folder {path.parent} cannot be made: {fault.strerror}.") from fault
    write_whole(path, msgspec.json.format(msgspec.json.encode(settings)))


@contextmanager
def _worded_reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Misnamed(f"{path} does not exist. Check its name and folder.") from error
    except PermissionError as error:
        raise StorageError(f"{path} cannot be read: you lack the permission.") from error
    except OSError as error:
        raise StorageError(os_sentence(path, error)) from error
