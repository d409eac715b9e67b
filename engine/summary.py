"""Many replies of one contender as one line: median, spread and n of each figure."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter

import msgspec

from engine.contract import Reply
from engine.energy.typical import typical_energy

WIDE_SPREAD_PERCENT = 5.0
_FIGURES = ("generation_tokens_per_s", "prompt_tokens_per_s", "ttft_s", "total_s")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """spread_percent: the standard deviation among repeats of one case, pooled over the cases, relative to
    their mean; None with fewer than two repeats.
    """

    median: float
    n: int
    spread_percent: float | None = None


class ContenderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Figures over the finished replies; what none of them has is missing.

    load_s is over loads: replies of one load all carry its time.
    """

    contender: str
    replies: int
    failed: int
    figures: dict[str, Figure]
    peak_bytes: int | None = None
    device_bytes: int | None = None


def summarise(replies: Iterable[Reply]) -> tuple[ContenderSummary, ...]:
    """One summary a contender, in the order of their first reply."""
    by_contender: dict[str, list[Reply]] = defaultdict(list)
    for reply in replies:
        by_contender[reply.contender].append(reply)
    return tuple(_summary(name, own) for name, own in by_contender.items())


def wide_spreads(summaries: Iterable[ContenderSummary]) -> tuple[str, ...]:
    """One warning that names every speed that varied more than it should, or none."""
    wide = [
        f"the {words} of {summary.contender} ({figure.spread_percent:.0f} %)"
        for summary in summaries
        for name, words in (
            ("generation_tokens_per_s", "generation speed"),
            ("prompt_tokens_per_s", "prompt speed"),
        )
        if (figure := summary.figures.get(name)) is not None
        and figure.spread_percent is not None
        and figure.spread_percent > WIDE_SPREAD_PERCENT
    ]
    if not wide:
        return ()
    named = ", ".join(wide)
    warning = (
        f"Varied by more than {WIDE_SPREAD_PERCENT:.0f} % between repeats: {named}. Perhaps "
        "something else was using this machine, or it was getting hot."
    )
    return (warning,)


def _summary(name: str, replies: list[Reply]) -> ContenderSummary:
    finished = [r for r in replies if r.finished]
    figures: dict[str, Figure] = {}
    for field in _FIGURES:
        get = attrgetter(f"timing.{field}")
        values = [(reply.case, get(reply)) for reply in finished]
        figures |= _figure(field, [(case, value) for case, value in values if value is not None])
    figures |= _figure("load_s", [("", value) for value in _loads(finished)])
    figures |= _energy_figures(finished)
    return ContenderSummary(
        contender=name,
        replies=len(finished),
        failed=sum(r.finish_reason == "error" for r in replies),
        figures=figures,
        peak_bytes=_highest(r.memory.peak_bytes for r in replies),
        device_bytes=_highest(r.memory.device_bytes for r in replies),
    )


def _figure(name: str, values: list[tuple[str, float]]) -> dict[str, Figure]:
    """Nothing where there is no value."""
    if not values:
        return {}
    return {
        name: Figure(
            median=statistics.median(value for _, value in values),
            n=len(values),
            spread_percent=_pooled_spread(values),
        )
    }


def _loads(finished: list[Reply]) -> list[float]:
    """How long each load took. Two loads never take the same time to the last digit of the clock."""
    times = (reply.timing.load_s for reply in finished)
    return list(dict.fromkeys(value for value in times if value is not None))


def _energy_figures(finished: list[Reply]) -> dict[str, Figure]:
    """Without a spread: the range of the sensor says more."""
    typical = typical_energy(finished)
    if typical is None:
        return {}
    values = {"joules": typical.joules, "joules_per_token": typical.joules_per_token}
    return {
        name: Figure(median=value, n=typical.n)
        for name, value in values.items()
        if value is not None
    }


def _pooled_spread(values: list[tuple[str, float]]) -> float | None:
    """Relative deviations within each case, pooled with n − 1 for each case, in percent."""
    by_case: dict[str, list[float]] = defaultdict(list)
    for case, value in values:
        by_case[case].append(value)
    squares, freedom = 0.0, 0
    for own in by_case.values():
        mean = statistics.fmean(own)
        if len(own) < 2 or mean == 0:
            continue
        squares += sum((value / mean - 1) ** 2 for value in own)
        freedom += len(own) - 1
    return 100 * math.sqrt(squares / freedom) if freedom else None


def _highest(values: Iterable[int | None]) -> int | None:
    present = [value for value in values if value is not None]
    return max(present) if present else None
