"""Writes sessions to files, in the format that the file's name asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.contract import Session
from engine.errors import StorageError
from storage.document import dump
from storage.files import write_whole

FORMATS: Final[dict[str, Callable[[Session], bytes]]] = {".json": dump}


def export_session(session: Session, path: Path) -> None:
    """Write the whole file or leave what was there; raises StorageError."""
    make = FORMATS.get(path.suffix.lower())
    if make is None:
        offered = ", ".join(FORMATS)
        raise StorageError(
            f"{path.name} names no format that sessions can be written in. End it in one of:"
            f" {offered}."
        )
    write_whole(path, make(session))
