"""What a contender's replies took: tokens, seconds and joules, ready to be resampled by case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.contract import Energy, EnergyPart, Reply, Session
from engine.cost.ranges import Draws, drawn_factor
from engine.cost.scenario import Scenario
from engine.energy.calibration import Calibration
from engine.energy.pooling import counted_parts, exact_joules, pooled
from engine.energy.tdp import FACTOR, estimated_above_idle_joules

TORN = "A sensor failed during the batch."


class EnergyOfPart:
    """Joules of one part of the machine by reply, and how wrong its sensor may be.

    Replies measured by the same sensor share its error, so it cancels between two contenders.
    """

    def __init__(
        self,
        parts: Sequence[EnergyPart],
        factor: float,
        *,
        above_idle: bool,
        evenly: bool,
    ) -> None:
        first = parts[0]
        self.input = f"energy by {first.source.partition(':')[0]} ({first.name})"
        self.factor = factor
        self.label = first.label
        exact = _above_idle if above_idle else exact_joules
        joules = _column([exact(part) for part in parts])
        self.joules = _even(joules) if evenly else joules
        self.prompt = _column([part.prompt_joules for part in parts])
        self.generation = _column([part.generation_joules for part in parts])

    def factors(self, scenario: Scenario) -> Draws:
        return drawn_factor(self.factor, scenario.deviates(self.input))


class Usage:
    """The usable replies of one contender.

    A reply that failed or was stopped is none; one that other programs contaminated, or whose energy
    could not be had, counts only where no better one is left. Columns are by reply.

    Of a batch all replies count, since only their sum means something, and each has an even share of its
    time and its energy.
    """

    def __init__(self, name: str, replies: Sequence[Reply], *, above_idle: bool = False) -> None:
        self.name = name
        finished = [each for each in replies if each.finished]
        clean = [each for each in finished if not each.energy.contaminated]
        self.contaminated = bool(finished) and not clean
        self.batched = any(each.timing.batch_share_s is not None for each in finished)
        chosen = finished if self.batched else clean or finished
        self.contaminated = self.contaminated or (self.batched and len(clean) < len(finished))
        metered = tuple(each for each in chosen if counted_parts(each.energy))
        self.replies = tuple(chosen) if self.batched else metered or tuple(chosen)
        self.shared = any(each.timing.shared for each in self.replies)
        torn = self.batched and bool(metered) and len(metered) < len(chosen)
        self.energy = Energy(absent={"joules": TORN}) if torn else pooled(self.replies)
        self.prompt_tokens = _column([_prompt_tokens(each) for each in self.replies])
        self.output_tokens = _column([each.timing.generated_tokens for each in self.replies])
        self.first_s = _column([each.timing.ttft_s for each in self.replies])
        total_s = _column([_seconds(each) for each in self.replies])
        self.total_s = _even(total_s) if self.batched else total_s
        self.parts = self._parts(above_idle)

    @property
    def cases(self) -> tuple[str, ...]:
        """What is resampled: the cases, or the repeats where there is only one."""
        names = [each.case for each in self.replies]
        if len(set(names)) > 1:
            return tuple(names)
        return tuple(f"{each.case} {each.repeat}" for each in self.replies)

    def means(self, column: Draws, scenario: Scenario, order: Sequence[str]) -> Draws:
        """The mean of a column for each draw; `order` lists the cases of all contenders."""
        places = {case: index for index, case in enumerate(order)}
        rows = np.array([places[case] for case in self.cases])
        weights = scenario.weights(len(order))
        sums = np.bincount(rows, weights=column, minlength=len(order))
        counts = np.bincount(rows, minlength=len(order))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ sums) / (weights @ counts))

    def _parts(self, above_idle: bool) -> tuple[EnergyOfPart, ...]:
        """None where the replies have no energy, or not all above idle."""
        if self.energy.joules is None:
            return ()
        found = []
        for whole in self.energy.parts:
            parts = [
                part
                for reply in self.replies
                for part in reply.energy.parts
                if part.counted and part.name == whole.name
            ]
            if len(parts) == len(self.replies):
                factor = _factor(whole)
                found.append(
                    EnergyOfPart(parts, factor, above_idle=above_idle, evenly=self.batched)
                )
        return tuple(found) if len(found) == len(self.energy.parts) else ()


def usages(session: Session, *, above_idle: bool) -> tuple[Usage, ...]:
    """One for each contender that has a usable reply, in the session's order."""
    found = []
    for contender in session.contenders:
        own = [reply for reply in session.replies if reply.contender == contender.name]
        usage = Usage(contender.name, own, above_idle=above_idle)
        if usage.replies:
            found.append(usage)
    return tuple(found)


def wall_joules(joules: Draws, seconds: Draws, calibration: Calibration | None) -> Draws:
    """At the plug, where the machine is calibrated; else the components alone."""
    if calibration is None:
        return joules
    return joules / calibration.efficiency + calibration.rest_watts * seconds


def _factor(part: EnergyPart) -> float:
    """The half-width of a part's range as a factor."""
    if part.label == "estimated" or not part.joules or part.high_joules is None:
        return FACTOR
    return max(part.high_joules / part.joules, 1.0)


def _above_idle(part: EnergyPart) -> float | None:
    if part.basis is not None:
        return estimated_above_idle_joules(part.basis)
    return part.above_idle_joules


def _seconds(reply: Reply) -> float | None:
    """How long the machine was busy with it; of a batch, its share of the batch's time."""
    timing = reply.timing
    return timing.total_s if timing.batch_share_s is None else timing.batch_share_s


def _prompt_tokens(reply: Reply) -> int | None:
    evaluated = reply.timing.prompt_tokens
    return None if evaluated is None else evaluated + reply.timing.cached_tokens


def _even(column: Draws) -> Draws:
    return np.full_like(column, np.mean(column)) if column.size else column


def _column(values: Sequence[float | None]) -> Draws:
    """Absent values are NaN, and whatever is made of them is absent too."""
    return np.array([np.nan if value is None else float(value) for value in values])
