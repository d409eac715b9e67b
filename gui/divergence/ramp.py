"""The colours of Δp: blue where the candidate gives a token more, orange where it gives it less.

Blue and orange stay apart for the common kinds of colour blindness; text keeps 4.5 to 1 on every step.
"""

from __future__ import annotations

from typing import Final

from gui.design import Scheme

LIMITS: Final = (0.02, 0.1, 0.25, 0.5)
"""A change of probability below the first is not coloured; each further limit is a step stronger."""

_LESS: Final[dict[Scheme, tuple[str, ...]]] = {
    "light": ("#fdebd3", "#fbd2a0", "#f5b369", "#ec9238"),
    "dark": ("#3b2b17", "#573a16", "#744812", "#8d520b"),
}
_MORE: Final[dict[Scheme, tuple[str, ...]]] = {
    "light": ("#e0effb", "#bcdcf5", "#90c4ec", "#62aade"),
    "dark": ("#182f43", "#1c425f", "#1f557d", "#22679a"),
}


def step_of(delta_p: float) -> int:
    """From −4 to 4; 0 is not coloured."""
    strength = sum(abs(delta_p) >= limit for limit in LIMITS)
    return strength if delta_p > 0 else -strength


def colour_of(step: int, scheme: Scheme) -> str | None:
    if step == 0:
        return None
    return (_MORE if step > 0 else _LESS)[scheme][abs(step) - 1]
