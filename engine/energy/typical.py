"""The energy of many replies as it is shown: short ones with their pool's figure, and one for all."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from engine.contract import Energy, Reply
from engine.energy.pooling import pooled

_OF_THE_POOL = (
    "joules",
    "low_joules",
    "high_joules",
    "joules_per_token",
    "plus_minus_percent",
    "mean_watts",
    "pooled_replies",
    "contaminated",
)


class TypicalEnergy(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over n replies; low and high are None where one of them has no range."""

    joules: float
    low_joules: float | None
    high_joules: float | None
    joules_per_token: float | None
    kind: Literal["measured", "estimated"]
    n: int
    pooled_replies: int | None = None


def with_pooled_energy(reply: Reply, others: Iterable[Reply]) -> Reply:
    """The reply; one too short for its sensor has the mean of its contender's short ones.

    others: replies of the session, this one among them.
    """
    if not _is_short(reply):
        return reply
    pool = pooled(
        [each for each in others if each.contender == reply.contender and _is_short(each)]
    )
    return _in_pool(reply, pool)


def all_with_pooled_energy(replies: Sequence[Reply]) -> tuple[Reply, ...]:
    """The replies of a session, each as `with_pooled_energy` gives it."""
    short: dict[str, list[Reply]] = defaultdict(list)
    for reply in replies:
        if _is_short(reply):
            short[reply.contender].append(reply)
    pools = {name: pooled(own) for name, own in short.items()}
    return tuple(
        _in_pool(reply, pools[reply.contender]) if _is_short(reply) else reply for reply in replies
    )


def typical_energy(replies: Sequence[Reply]) -> TypicalEnergy | None:
    """Of one contender's finished replies; None where none has a figure."""
    finished = [each for each in replies if each.finished]
    found = [
        each.energy for each in all_with_pooled_energy(finished) if each.energy.joules is not None
    ]
    joules = _median(found, "joules")
    if joules is None:
        return None
    return TypicalEnergy(
        joules=joules,
        low_joules=_median(found, "low_joules"),
        high_joules=_median(found, "high_joules"),
        joules_per_token=_median(found, "joules_per_token"),
        kind="measured" if all(each.kind == "measured" for each in found) else "estimated",
        n=len(found),
        pooled_replies=next((e.pooled_replies for e in found if e.pooled_replies), None),
    )


def _is_short(reply: Reply) -> bool:
    return reply.energy.too_short and reply.energy.joules is None


def _in_pool(reply: Reply, pool: Energy) -> Reply:
    own = reply.energy
    if pool.joules is None:
        return replace(reply, energy=replace(own, absent=own.absent | pool.absent))
    shown = {name: getattr(pool, name) for name in _OF_THE_POOL}
    absent = {name: why for name, why in own.absent.items() if shown.get(name) is None}
    return replace(reply, energy=replace(own, **shown, absent=absent | pool.absent))


def _median(energies: Sequence[Energy], name: str) -> float | None:
    """None where one of them lacks it."""
    values = [getattr(each, name) for each in energies]
    return float(statistics.median(values)) if values and None not in values else None
