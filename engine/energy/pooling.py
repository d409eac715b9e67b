"""One figure over many replies, for those that are each too short for their sensor."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from msgspec.structs import replace

from engine.contract import Energy, EnergyPart, Reply
from engine.energy.figures import SHORTEST_STEPS
from engine.energy.tdp import FACTOR, estimated_joules, two_digits
from engine.energy.zones import RANGE_PERCENT

IN_A_BATCH = "Answered in a batch, where replies share every step: pooled over all of them."
"""The note of a reply whose energy is its share of a batch, and the reason why that is no figure."""

FIELDS = ("joules", "joules_per_token", "mean_watts")


def pooled(replies: Sequence[Reply]) -> Energy:
    """The mean energy of a reply over all that were measured alike, with its joules per token.

    The edges of the windows fall at random into the sensor's steps, so their error shrinks with the
    root of the number of replies, while the sensor's own does not.
    """
    measured = [reply for reply in replies if counted_parts(reply.energy)]
    if not measured:
        return _nothing("No reply was measured.")
    if len({counted_parts(reply.energy) for reply in measured}) > 1:
        return _nothing("The replies were measured by different sensors.")
    parts = [_pool(each) for each in _by_part(measured)]
    failed = next((part for part in parts if part.joules is None), None)
    if failed is not None:
        return _nothing(failed.absent["joules"])
    return _energy(measured, parts)


def exact_joules(part: EnergyPart) -> float | None:
    """A part's joules before an estimate was rounded for showing."""
    return part.joules if part.basis is None else estimated_joules(part.basis)


def _energy(measured: Sequence[Reply], parts: Sequence[EnergyPart]) -> Energy:
    count = len(measured)
    estimated = any(part.label == "estimated" for part in parts)
    shown = two_digits if estimated else float
    joules = sum(part.joules or 0.0 for part in parts)
    low = sum(part.low_joules or 0.0 for part in parts)
    high = sum(part.high_joules or 0.0 for part in parts)
    seconds = parts[0].seconds
    tokens = sum(reply.timing.generated_tokens or 0 for reply in measured)
    return Energy(
        joules=shown(joules / count),
        low_joules=shown(low / count),
        high_joules=shown(high / count),
        joules_per_token=shown(joules / tokens) if tokens else None,
        plus_minus_percent=two_digits(100 * max(high - joules, joules - low) / joules)
        if joules
        else None,
        mean_watts=shown(joules / seconds) if seconds else None,
        seconds=seconds / count,
        source=" + ".join(dict.fromkeys(part.source for part in parts)),
        kind="estimated" if estimated else "measured",
        boundary=measured[0].energy.boundary,
        not_covered=measured[0].energy.not_covered,
        parts=tuple(_shown(part) for part in parts),
        pooled_replies=count,
        contaminated=_contaminated(measured),
        absent={
            **({} if tokens else {"joules_per_token": "No token was generated."}),
            **({} if seconds else {"mean_watts": "The replies took no time."}),
        },
    )


def _contaminated(measured: Sequence[Reply]) -> bool | None:
    """None where no reply says."""
    known = {reply.energy.contaminated for reply in measured} - {None}
    return True in known if known else None


def counted_parts(energy: Energy) -> tuple[str, ...]:
    """The names of a reply's counted parts; none where one failed, for the others are no total."""
    if energy.joules is None and not energy.too_short:
        return ()
    return tuple(part.name for part in energy.parts if part.counted and part.joules is not None)


def _by_part(measured: Sequence[Reply]) -> list[list[EnergyPart]]:
    names = counted_parts(measured[0].energy)
    return [
        [part for reply in measured for part in reply.energy.parts if part.name == name]
        for name in names
    ]


def _pool(parts: Sequence[EnergyPart]) -> EnergyPart:
    first = parts[0]
    seconds = sum(part.seconds for part in parts)
    step_s = max((part.step_s or 0.0) for part in parts)
    absent = {}
    joules: float | None = sum(exact_joules(part) or 0.0 for part in parts)
    if seconds < SHORTEST_STEPS * step_s:
        joules = None
        absent["joules"] = (
            f"Too short: all {len(parts)} replies together took {seconds:.2g} s, and the sensor of the "
            f"{first.name} needs {SHORTEST_STEPS * step_s:.2g} s."
        )
    low, high = _range(first, joules, step_s * sqrt(len(parts)) / seconds if seconds else 0.0)
    return EnergyPart(
        name=first.name,
        covers=first.covers,
        source=first.source,
        label=first.label,
        seconds=seconds,
        step_s=first.step_s,
        joules=joules,
        low_joules=low,
        high_joules=high,
        absent=absent,
    )


def _range(
    part: EnergyPart, joules: float | None, edges: float
) -> tuple[float | None, float | None]:
    if joules is None:
        return None, None
    if part.label == "estimated":
        return joules / FACTOR, joules * FACTOR
    share = RANGE_PERCENT[part.label] / 100 + edges
    return joules * max(0.0, 1 - share), joules * (1 + share)


def _shown(part: EnergyPart) -> EnergyPart:
    if part.label != "estimated":
        return part
    names = ("joules", "low_joules", "high_joules")
    return replace(part, **{name: two_digits(getattr(part, name) or 0.0) for name in names})


def _nothing(reason: str) -> Energy:
    return Energy(absent=dict.fromkeys(FIELDS, reason))
