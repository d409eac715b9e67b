"""How fast each contender is beside the others, said only where the figures carry it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.contract import Reply
from engine.summary import WIDE_SPREAD_PERCENT, Figure, summarise

ALIKE: Final = WIDE_SPREAD_PERCENT / 100
"""Speeds this close are called alike: good repeats of one model spread as much."""

Standing = tuple[str, bool]
"""Words, and whether they praise."""


def speed_of(replies: Iterable[Reply]) -> Figure | None:
    """Generation speed over the repeats of one contender that ended by themselves."""
    for summary in summarise(replies):
        return summary.figures.get("generation_tokens_per_s")
    return None


def standings(speeds: dict[str, Figure | None]) -> dict[str, Standing]:
    """Words on each contender's median speed; none where fewer than two can be compared."""
    medians = {name: speed.median for name, speed in speeds.items() if speed is not None}
    if len(medians) < 2:
        return {}
    best = max(medians.values())
    leading = [name for name, median in medians.items() if median >= best * (1 - ALIKE)]
    if len(leading) == len(medians):
        return dict.fromkeys(medians, ("About as fast as the others", False))
    praise = "Fastest" if len(leading) == 1 else "Among the fastest"
    return {
        name: (praise, True)
        if name in leading
        else (f"{100 * median / best:.0f} % of the fastest", False)
        for name, median in medians.items()
    }
