"""How fast each contender is beside the others, said only where the figures carry it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.contract import Reply
from engine.summary import WIDE_SPREAD_PERCENT, Figure, summarise

ALIKE_PERCENT: Final = WIDE_SPREAD_PERCENT
"""Speeds this close are called alike: good repeats of one model spread as much, and bad ones more."""

Standing = tuple[str, bool]
"""Words, and whether they praise."""


def speed_of(replies: Iterable[Reply]) -> Figure | None:
    """Generation speed over the finished replies of one contender."""
    for summary in summarise(replies):
        return summary.figures.get("generation_tokens_per_s")
    return None


def standings(speeds: dict[str, Figure | None]) -> dict[str, Standing]:
    """Words on each contender's median speed; none where fewer than two can be compared."""
    known = {name: speed for name, speed in speeds.items() if speed is not None}
    if len(known) < 2:
        return {}
    best = max(known.values(), key=lambda speed: speed.median)
    leading = [name for name, speed in known.items() if _alike(speed, best)]
    if len(leading) == len(known):
        return dict.fromkeys(known, ("About as fast as the others", False))
    praise = "Fastest" if len(leading) == 1 else "Among the fastest"
    return {
        name: (praise, True)
        if name in leading
        else (f"{100 * speed.median / best.median:.0f} % of the fastest", False)
        for name, speed in known.items()
    }


def _alike(speed: Figure, best: Figure) -> bool:
    """Whether the difference is within what either of them varies by."""
    spreads = (speed.spread_percent or 0.0, best.spread_percent or 0.0)
    margin = max(ALIKE_PERCENT, *spreads) / 100
    return speed.median >= best.median * (1 - margin)
