"""Quality beside what it costs, of a suite run: only what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Final

from engine.contract import Contender, Reply
from engine.quality.standings import Axis, TradeOff
from gui.quality.suite_work import SuiteFound

AXES: Final[dict[Axis, tuple[str, float]]] = {
    "size_bytes": ("Size of the file, MB", 1e6),
    "memory_bytes": ("Peak memory, MB", 1e6),
    "seconds": ("Mean seconds for a reply", 1.0),
}
"""The words of each axis, and what its numbers are divided by."""


def trade_offs(found: SuiteFound, contenders: Sequence[Contender]) -> tuple[TradeOff, ...]:
    """Seconds and memory are those of runs of one case at a time: batched replies share them."""
    standings = {each.contender: each for each in found.assessment.standings}
    return tuple(
        TradeOff(
            contender=each.name,
            quality=standings[each.name].pass_rate,
            quality_low=standings[each.name].low,
            quality_high=standings[each.name].high,
            seconds=_seconds(_replies(found, each.name)),
            memory_bytes=_memory(_replies(found, each.name)),
            size_bytes=each.model.size_bytes,
        )
        for each in contenders
    )


def known_axes(points: Sequence[TradeOff]) -> list[Axis]:
    """The axes on which every contender has a figure."""
    return [axis for axis in AXES if all(getattr(point, axis) is not None for point in points)]


def _replies(found: SuiteFound, name: str) -> list[Reply]:
    return [reply for (contender, _), reply in found.replies.items() if contender == name]


def _seconds(replies: Sequence[Reply]) -> float | None:
    times = [reply.timing.total_s for reply in replies if not reply.timing.shared]
    known = [time for time in times if time is not None]
    return fmean(known) if known and len(known) == len(replies) else None


def _memory(replies: Sequence[Reply]) -> int | None:
    peaks = [reply.memory.peak_bytes for reply in replies]
    known = [peak for peak in peaks if peak is not None]
    return max(known) if known and len(known) == len(replies) else None
