"""Figures as words for reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from engine.contract import FinishReason
from engine.summary import Figure

NONE: Final = "–"
_JOINED: Final = "\N{NO-BREAK SPACE}"
ENDINGS: Final[dict[FinishReason, str]] = {
    "stop": "end of text",
    "length": "length limit",
    "stopped": "stopped by the user",
    "error": "failed",
}


def significant(value: float) -> str:
    """Three significant digits, more before the point: 1,050, 51.4, 0.83."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def rate(tokens_per_s: float) -> str:
    return f"{significant(tokens_per_s)} tok/s"


def seconds(value_s: float) -> str:
    if value_s < 0.0995:
        return f"{value_s * 1000:.3g} ms"
    if value_s < 60:
        return f"{significant(value_s)} s"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} min {rest} s"


def size(n_bytes: float) -> str:
    """Decimal units, as file managers and model hubs count."""
    for unit in ("B", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} GB" if n_bytes < 100 else f"{n_bytes:.0f} GB"


def count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


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
