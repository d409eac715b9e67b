"""Which parts make up the energy of a window, what lacks, and what makes a total impossible.

A total is of everything that worked: a part that cannot be had makes it absent, with the reason. A part
that is only idle here (the memory, another GPU) is named as not covered instead. The estimate stands
in for the processor where no sensor does, never beside one.
"""

from __future__ import annotations

import msgspec

from engine.contract import EnergyConditions, EnergyPart
from engine.energy.calibration import Calibration
from engine.energy.figures import Span, ZoneFigures, estimated_part, sensor_part
from engine.energy.load import Share
from engine.energy.seam import Window
from engine.energy.tdp import IDLE_SHARE, DesignPower
from engine.energy.trace import Void

NO_CALIBRATION = "No plug meter has calibrated this machine."
NO_BASELINE = "No idle baseline was measured: let the machine rest for ten seconds before a run."


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a window besides its times.

    estimate: the processor's design power, or why it is not known. share: how the processor's time
    divides, or why that cannot be said. guests: GPUs on which other programs computed. no_baseline and
    no_calibration: why there is none.
    """

    figures: tuple[ZoneFigures, ...] = ()
    estimate: DesignPower | str
    share: Share | str
    conditions: EnergyConditions
    calibration: Calibration | None = None
    guests: tuple[str, ...] = ()
    unloaded_idle_watts: float | None = None
    no_baseline: str = NO_BASELINE
    no_calibration: str = NO_CALIBRATION

    @property
    def alive(self) -> tuple[ZoneFigures, ...]:
        """Counted zones whose sensor moves at all, also if it failed in this window."""
        return tuple(each for each in self.figures if each.zone.counted and not each.dead)

    def senses(self, part: str) -> bool:
        return any(part in figures.zone.covers for figures in self.alive)


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    """idle_watts None: a counted part has no baseline. shortest_s: the least length for a figure."""

    parts: tuple[EnergyPart, ...]
    not_covered: tuple[str, ...]
    faults: tuple[str, ...]
    idle_watts: float | None
    shortest_s: float

    @property
    def counted(self) -> tuple[EnergyPart, ...]:
        return tuple(part for part in self.parts if part.counted)

    @property
    def estimated(self) -> bool:
        return any(part.label == "estimated" for part in self.counted)


def compose(window: Window, evidence: Evidence) -> Composition:
    seconds = window.end_s - window.begin_s
    parts, faults = _estimate(window, evidence)
    for figures in evidence.figures:
        if figures.dead or isinstance(figures.whole, Void):
            continue
        if figures.zone.counted or seconds >= figures.shortest_s:
            parts.append(sensor_part(figures, seconds, _second_opinion(figures, evidence)))
    not_covered, failed = _lacking(window, evidence)
    return Composition(
        parts=tuple(parts),
        not_covered=tuple(not_covered),
        faults=tuple(faults + failed + _unseen_gpus(window, evidence)),
        idle_watts=_idle_watts(evidence),
        shortest_s=max((each.shortest_s for each in evidence.alive), default=0.0),
    )


def span_of(window: Window) -> Span:
    seconds = window.end_s - window.begin_s
    first = window.first_token_s
    return Span(
        seconds=seconds,
        prompt_s=None if first is None else min(max(first - window.begin_s, 0.0), seconds),
        prompt_threads=window.prompt_threads or window.busy_threads,
        threads=window.busy_threads,
    )


def _estimate(window: Window, evidence: Evidence) -> tuple[list[EnergyPart], list[str]]:
    if evidence.senses("cpu"):
        return [], []
    if isinstance(evidence.estimate, str):
        return [], [evidence.estimate]
    return [estimated_part(evidence.estimate, span_of(window))], []


def _second_opinion(figures: ZoneFigures, evidence: Evidence) -> float | None:
    for other in evidence.figures:
        if other.zone.checks == figures.zone.key and not isinstance(other.whole, Void):
            return other.whole
    return None


def _lacking(window: Window, evidence: Evidence) -> tuple[list[str], list[str]]:
    """What is not covered, and what should have been and failed."""
    not_covered, failed = [], []
    for figures in evidence.figures:
        zone = figures.zone
        if not zone.counted:
            continue
        if figures.dead:
            not_covered.append(f"{zone.name} (its counter does not move)")
        elif isinstance(figures.whole, Void):
            if zone.covers == "gpu" and not window.gpus:
                not_covered.append(f"{zone.name} (it {figures.whole.reason})")
            else:
                failed.append(f"The sensor of the {zone.name} {figures.whole.reason}.")
    if not evidence.senses("memory"):
        not_covered.append("memory")
    return not_covered, failed


def _unseen_gpus(window: Window, evidence: Evidence) -> list[str]:
    sensors = sum("gpu" in figures.zone.covers for figures in evidence.alive)
    unseen = list(window.gpus[sensors:])
    if not sensors and not evidence.senses("cpu"):
        unseen += window.integrated_gpus
    return [f"No sensor tells the energy of {name}, on which the model ran." for name in unseen]


def _idle_watts(evidence: Evidence) -> float | None:
    total = 0.0
    if not evidence.senses("cpu"):
        if isinstance(evidence.estimate, str):
            return None
        total += IDLE_SHARE * evidence.estimate.watts
    for figures in evidence.alive:
        if figures.idle_watts is None:
            return None
        total += figures.idle_watts
    return total
