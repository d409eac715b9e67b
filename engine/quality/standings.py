"""How each contender did by itself, and which are worth their price."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Final, Literal

import msgspec

from engine.contract import CaseScore
from engine.quality import student_t
from engine.quality.suite import Suite

CONFIDENCE = 0.95
Axis = Literal["seconds", "memory_bytes", "size_bytes", "joules", "money"]
AXES: Final[tuple[Axis, ...]] = ("seconds", "memory_bytes", "size_bytes", "joules", "money")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """pass_rate with its two-sided 95 % interval, over the cases that have a score."""

    contender: str
    cases: int
    scored: int
    pass_rate: float | None = None
    low: float | None = None
    high: float | None = None
    mean_score: float | None = None


class TradeOff(msgspec.Struct, frozen=True, kw_only=True):
    """quality: the share of cases that pass, with its two-sided 95 % interval.

    seconds, joules: of a reply, on average. memory_bytes: at most. money: of a thousand replies.
    how: by axis how its figure was had. front: the axes on which no other is at least as good and as
    cheap, and better in one of them. What is not known is None, and absent says why.
    """

    contender: str
    quality: float | None
    quality_low: float | None = None
    quality_high: float | None = None
    seconds: float | None = None
    memory_bytes: int | None = None
    size_bytes: int | None = None
    joules: float | None = None
    money: float | None = None
    currency: str | None = None
    how: dict[Axis, str] = {}
    front: tuple[Axis, ...] = ()
    absent: dict[Axis, str] = {}


def standing(suite: Suite, scores: Iterable[CaseScore], contender: str) -> Standing:
    """The share of cases that a contender passes; repeats of a case are averaged first."""
    passed: dict[str, list[float]] = {}
    partial: list[float] = []
    for score in scores:
        if score.contender == contender and score.passed is not None:
            passed.setdefault(score.case, []).append(float(score.passed))
            partial.append(score.score or 0.0)
    rates = [
        (sum(passed[name]) / len(passed[name]), case.group or f"\0{name}")
        for case in suite.cases
        if (name := case.id) in passed
    ]
    if not rates:
        return Standing(contender=contender, cases=len(suite.cases), scored=0)
    low, high = share_interval([rate for rate, _ in rates], [group for _, group in rates])
    return Standing(
        contender=contender,
        cases=len(suite.cases),
        scored=len(rates),
        pass_rate=sum(rate for rate, _ in rates) / len(rates),
        low=low,
        high=high,
        mean_score=sum(partial) / len(partial),
    )


def share_interval(values: Sequence[float], groups: Sequence[str]) -> tuple[float, float]:
    """Wilson's interval for the mean of values within [0, 1], with n divided by the design effect.

    The effect of groups is estimated with one more group whose cases all differ from the mean, as
    in engine/quality/intervals.py. One group alone allows any mean.
    """
    n, mean = len(values), math.fsum(values) / len(values)
    by_group: dict[str, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        by_group.setdefault(group, []).append(value)
    if len(by_group) == n:
        return _wilson(mean, n, NormalDist().inv_cdf((1 + CONFIDENCE) / 2))
    if len(by_group) == 1:
        return 0.0, 1.0
    size = sum(len(group) ** 2 for group in by_group.values()) / n
    between = math.fsum((math.fsum(g) - len(g) * mean) ** 2 for g in by_group.values())
    effect = min(size, max(1.0, (between + size * size) / (n * mean * (1 - mean) + size)))
    return _wilson(mean, n / effect, student_t.quantile((1 + CONFIDENCE) / 2, len(by_group) - 1))


def pareto_front(points: Sequence[TradeOff], axis: Axis) -> tuple[bool | None, ...]:
    """Whether no other point is at least as good and as cheap, and better in one of them.

    None for a point whose quality or cost is not known.
    """
    return tuple(_undominated(point, points, axis) for point in points)


def _undominated(point: TradeOff, points: Sequence[TradeOff], axis: Axis) -> bool | None:
    mine = _placed(point, axis)
    if mine is None:
        return None
    others = [other for other in (_placed(p, axis) for p in points) if other is not None]
    return not any(
        other != mine and other[0] >= mine[0] and other[1] <= mine[1] for other in others
    )


def _placed(point: TradeOff, axis: Axis) -> tuple[float, float] | None:
    cost: float | None = getattr(point, axis)
    return None if point.quality is None or cost is None else (point.quality, cost)


def _wilson(mean: float, n: float, z: float) -> tuple[float, float]:
    """E. B. Wilson, Journal of the American Statistical Association 22 (1927)."""
    centre = (mean + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
