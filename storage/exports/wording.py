"""Figures as words for reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from engine.contract import FinishReason
from engine.summary import Figure

_JOINED: Final = "\N{NO-BREAK SPACE}"
ENDINGS: Final[dict[FinishReason, str]] = {
    "stop": "end of text",
    "length": "length limit",
    "stopped": "stopped by the user",
    "error": "failed",
}


def joined(words: Iterable[str]) -> str:
    """One, two and three; nothing for none."""
    every = list(words)
    return " and ".join(filter(None, (", ".join(every[:-1]), *every[-1:])))


def moment(when: datetime) -> str:
    """In universal time: whoever reads the report may be anywhere."""
    utc = when.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def spread(figure: Figure) -> str:
    """How many values the median is of, and how far repeats of a case vary."""
    if figure.n < 2:
        return ""
    if figure.spread_percent is None:
        return f"n{_JOINED}={_JOINED}{figure.n}"
    return f"±{_JOINED}{figure.spread_percent:.1f}{_JOINED}%, n{_JOINED}={_JOINED}{figure.n}"
