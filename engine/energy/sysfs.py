"""Reading Linux's files of one value (/sys); a test gives a reader of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

ReadText = Callable[[Path], str]


def read_text(path: Path) -> str:
    """Raises OSError or ValueError."""
    return path.read_text(encoding="ascii").strip()


def text_or_none(path: Path, read: ReadText) -> str | None:
    try:
        return read(path)
    except (OSError, ValueError):
        return None
