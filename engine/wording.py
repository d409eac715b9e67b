"""Figures as text, alike on the command line and in the window."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Final

from engine.contract import FinishReason

NONE: Final = "–"
ENDINGS: Final[dict[FinishReason, str]] = {
    "stop": "end of text",
    "length": "length limit",
    "stopped": "stopped by you",
    "error": "failed",
}
COIN_FLIP: Final = 0.1
"""A likeliest token that is less than this ahead of the second might as well have been that one."""
_LONGEST: Final = 1e15
"""Figures from here on are shown with an exponent: nobody counts so many digits."""


def digits_text(figure: float, digits: int = 2) -> str:
    """So many significant digits: 1,200, 120, 12, 1.2, 0.12."""
    if figure == 0:
        return "0"
    if not isfinite(figure):
        return "∞" if figure > 0 else NONE
    short = f"{figure:.{digits - 1}e}"
    if abs(figure) >= _LONGEST:
        return short.replace("e+", "e")
    return f"{Decimal(short):,f}"


def thousands(number: float) -> str:
    """A whole number in groups of three."""
    return f"{number:,.0f}"


def significant(value: float) -> str:
    """Three significant digits, more before the point: 1,050, 51.4, 0.83."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def probability(fraction: float) -> str:
    """In percent; what is small is not rounded to nothing: 54 %, 0.7 %, < 0.1 %."""
    value = 100 * fraction
    if 0 < value < 0.1:
        return "< 0.1 %"
    return f"{value:.{0 if value >= 9.95 else 1}f} %"


def rate(tokens_per_s: float) -> str:
    return f"{significant(tokens_per_s)} tok/s"


def seconds(value_s: float) -> str:
    if value_s < 0.095:
        return f"{value_s * 1000:.3g} ms"
    if value_s < 60:
        return f"{value_s:.2f} s" if value_s < 10 else f"{value_s:.1f} s"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} min {rest} s"


def size(n_bytes: float) -> str:
    """Decimal units, as file managers and model hubs count."""
    value = n_bytes
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB" if value < 100 else f"{value:.0f} GB"


def margin_weight(margin: float) -> str:
    """What it says of a choice that the best token's probability is so far ahead of the second's."""
    return "a coin flip" if margin < COIN_FLIP else "a clear choice"


def count(number: int, thing: str) -> str:
    return f"{thousands(number)} {thing if number == 1 else _plural(thing)}"


def _plural(thing: str) -> str:
    return f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
