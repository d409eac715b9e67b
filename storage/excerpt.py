"""The few words around a hit, with the hit marked."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from storage.summary import Stretch
from storage.words import Term, fold, pattern

_BEFORE: Final = 40
_LENGTH: Final = 160


def excerpt(text: str, wanted: tuple[Term, ...]) -> tuple[Stretch, ...]:
    """One line from around the first hit; the beginning of the text where there is none to mark."""
    composed = unicodedata.normalize("NFC", text)
    folded = fold(composed)
    finds = pattern(wanted)
    first = finds.search(folded)
    begin = _word_begin(composed, max(0, (first.start() if first else 0) - _BEFORE))
    end = begin + _LENGTH
    stretches: list[Stretch] = []
    at = begin
    for found in finds.finditer(folded, begin, end):
        stretches += _stretch(composed[at : found.start()], hit=False)
        stretches += _stretch(composed[found.start() : found.end()], hit=True)
        at = found.end()
    stretches += _stretch(composed[at:end], hit=False)
    return (
        *([Stretch("…", hit=False)] if begin else []),
        *stretches,
        *([Stretch("…", hit=False)] if end < len(composed) else []),
    )


def _word_begin(text: str, at: int) -> int:
    space = text.find(" ", at, at + _BEFORE // 2) if at else -1
    return space + 1 if space >= 0 else at


def _stretch(text: str, *, hit: bool) -> list[Stretch]:
    return [Stretch(re.sub(r"\s+", " ", text), hit)] if text else []
