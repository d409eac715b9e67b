"""What the sensors said of one window, zone by zone, and the parts made of it."""

from __future__ import annotations

import msgspec

from engine.contract import EnergyPart, EstimateBasis
from engine.energy.tdp import (
    FACTOR,
    SOURCE,
    DesignPower,
    estimated_above_idle_joules,
    estimated_joules,
    two_digits,
)
from engine.energy.trace import Void
from engine.energy.zones import RANGE_PERCENT, Zone

SHORTEST_STEPS = 20
"""Under this many steps of its sensor a window's edges are more than 5 % of it."""

DISAGREEMENT = 0.2
"""Two sensors of one part that lie further apart are both shown, as a range."""


class ZoneFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One zone over the whole window and on both sides of the first token."""

    zone: Zone
    step_s: float
    dead: bool = False
    whole: float | Void
    prompt: float | Void
    generation: float | Void
    idle_watts: float | None = None

    @property
    def shortest_s(self) -> float:
        return SHORTEST_STEPS * self.step_s


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A window's lengths and how many threads were busy in each."""

    seconds: float
    prompt_s: float | None
    prompt_threads: int
    threads: int


def sensor_part(figures: ZoneFigures, seconds: float, second_opinion: float | None) -> EnergyPart:
    """The part of a zone that has a figure for the whole window."""
    assert not isinstance(figures.whole, Void)
    joules = figures.whole
    edge_percent = 100.0 * figures.step_s / seconds
    share = (RANGE_PERCENT[figures.zone.label] + edge_percent) / 100.0
    low, high = joules * max(0.0, 1 - share), joules * (1 + share)
    disputed = second_opinion is not None and abs(second_opinion - joules) > DISAGREEMENT * joules
    if disputed and second_opinion is not None:
        low, high = min(low, second_opinion), max(high, second_opinion)
    absent = {}
    above_idle = None
    if figures.idle_watts is None:
        absent["above_idle_joules"] = "No idle baseline was measured."
    else:
        above_idle = max(0.0, joules - figures.idle_watts * seconds)
    for name, value in (
        ("prompt_joules", figures.prompt),
        ("generation_joules", figures.generation),
    ):
        if isinstance(value, Void):
            absent[name] = value.reason
    return EnergyPart(
        name=figures.zone.name,
        covers=figures.zone.covers,
        source=figures.zone.source,
        label=figures.zone.label,
        counted=figures.zone.counted,
        seconds=seconds,
        step_s=figures.step_s,
        joules=joules,
        low_joules=low,
        high_joules=high,
        prompt_joules=None if isinstance(figures.prompt, Void) else figures.prompt,
        generation_joules=None if isinstance(figures.generation, Void) else figures.generation,
        above_idle_joules=above_idle,
        disputed=disputed,
        absent=absent,
    )


def estimated_part(power: DesignPower, span: Span) -> EnergyPart:
    """The processor by its design power, in two digits and from half to double."""
    prompt_s = span.prompt_s if span.prompt_s is not None else 0.0
    prompt = _basis(power, prompt_s, span.prompt_threads)
    generation = _basis(power, span.seconds - prompt_s, span.threads)
    basis = EstimateBasis(
        seconds=span.seconds,
        core_seconds=prompt.core_seconds + generation.core_seconds,
        physical_cores=power.physical_cores,
        tdp_watts=power.watts,
    )
    joules = estimated_joules(basis)
    split = span.prompt_s is not None
    return EnergyPart(
        name="processor",
        covers="cpu",
        source=f"{SOURCE}: {power.basis}",
        label="estimated",
        seconds=span.seconds,
        joules=two_digits(joules),
        low_joules=two_digits(joules / FACTOR),
        high_joules=two_digits(joules * FACTOR),
        prompt_joules=two_digits(estimated_joules(prompt)) if split else None,
        generation_joules=two_digits(estimated_joules(generation)) if split else None,
        above_idle_joules=two_digits(estimated_above_idle_joules(basis)),
        basis=basis,
        absent={} if split else dict.fromkeys(("prompt_joules", "generation_joules"), NO_TOKEN),
    )


NO_TOKEN = "No token was generated, so there is nothing to split."


def _basis(power: DesignPower, seconds: float, threads: int) -> EstimateBasis:
    return EstimateBasis(
        seconds=seconds,
        core_seconds=seconds * min(max(threads, 0), power.physical_cores),
        physical_cores=power.physical_cores,
        tdp_watts=power.watts,
    )
