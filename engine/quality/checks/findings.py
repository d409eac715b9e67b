"""What a check looked at and what it found there."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.contract import FinishReason, Span

MOST_SPANS: Final = 20
_QUOTED_CHARACTERS: Final = 60


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A reply as the checks see it. A figure that is None has its reason in `absent`."""

    text: str
    finish_reason: FinishReason
    latency_s: float | None = None
    cost: float | None = None
    logprobs: tuple[float, ...] | None = None
    absent: dict[str, str] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is there, before `not-` turns it round.

    holds None: it could not be told. score None: 1 when it holds, else 0.
    """

    holds: bool | None
    reason: str
    spans: tuple[Span, ...] = ()
    score: float | None = None


def span(text: str, start: int, end: int) -> Span:
    return Span(start=start, end=end, text=text[start:end])


def quoted(text: str) -> str:
    """The text in quotation marks on one line, shortened."""
    line = " ".join(text.split())
    short = line if len(line) <= _QUOTED_CHARACTERS else line[: _QUOTED_CHARACTERS - 1] + "…"
    return f"“{short}”"
