"""Bytes of tokens for readers: a token may hold only a part of a character, as emoji and rare signs do."""

from __future__ import annotations

import re
from typing import Final

_NO_TEXT: Final = re.compile(r"[\udc80-\udcff]+")


def readable(piece: bytes) -> str:
    """The text of a token, with bytes that are no text by themselves written as ‹F0 9F›."""
    text = piece.decode("utf-8", "surrogateescape")
    return _NO_TEXT.sub(_in_hex, text)


def no_text_by_itself(piece: bytes) -> bytes | None:
    """The bytes again where they begin, go on or end inside a character; None for whole text."""
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError:
        return piece
    return None


def _in_hex(found: re.Match[str]) -> str:
    raw = found.group().encode("utf-8", "surrogateescape")
    return f"‹{raw.hex(' ').upper()}›"
