"""From what the sensors said of a window to the energy of a reply."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from engine.contract import Energy, EnergyPart
from engine.energy.composition import Composition, Evidence, compose, span_of
from engine.energy.figures import NO_TOKEN
from engine.energy.load import Share
from engine.energy.seam import Window
from engine.energy.tdp import two_digits

REMOTE = "The model ran on another machine, whose energy this one cannot read."
REST_OF_MACHINE = "power supply, board, disks, fans and screen"
TOTALS = ("joules", "joules_per_token", "above_idle_joules", "mean_watts")
SPLIT = ("prompt_joules", "generation_joules")


def attribute(window: Window, evidence: Evidence) -> Energy:
    """The energy of the window's reply; what lacks is absent with its reason."""
    if window.remote:
        return Energy(absent=dict.fromkeys(TOTALS, REMOTE))
    seconds = window.end_s - window.begin_s
    if seconds <= 0:
        return Energy(absent=dict.fromkeys(TOTALS, "The reply took no measurable time."))
    composition = compose(window, evidence)
    short = None if composition.faults else _too_short(composition, seconds)
    fault = " ".join(composition.faults) or short
    energy = _source(composition)
    if fault:
        energy = replace(energy, absent=dict.fromkeys((*TOTALS, *SPLIT), fault))
    else:
        energy = _totals(energy, composition, window, evidence)
        energy = _split(energy, composition, window)
        energy = _above_idle(energy, composition, window, evidence)
        energy = replace(energy, unloaded_idle_watts=evidence.unloaded_idle_watts)
    if composition.estimated:
        energy = _in_two_digits(energy)
    energy = replace(energy, seconds=seconds, too_short=short is not None)
    return _circumstances(energy, composition, evidence)


def _too_short(composition: Composition, seconds: float) -> str | None:
    if seconds >= composition.shortest_s:
        return None
    return (
        f"Too short: {seconds:.2g} s, and a sensor moves so seldom that {composition.shortest_s:.2g} s "
        "are needed. Short replies are pooled."
    )


def _source(composition: Composition) -> Energy:
    parts = composition.counted
    return Energy(
        source=" + ".join(dict.fromkeys(part.source for part in parts)) or None,
        kind=None if not parts else "estimated" if composition.estimated else "measured",
    )


def _totals(energy: Energy, composition: Composition, window: Window, evidence: Evidence) -> Energy:
    seconds = window.end_s - window.begin_s
    joules = sum(part.joules or 0.0 for part in composition.counted)
    low = sum(part.low_joules or 0.0 for part in composition.counted)
    high = sum(part.high_joules or 0.0 for part in composition.counted)
    plug = evidence.calibration
    tokens = window.generated_tokens
    absent = dict(energy.absent)
    if not tokens:
        absent["joules_per_token"] = "No token was generated."
    if plug is None:
        absent["wall_joules"] = evidence.no_calibration
    return replace(
        energy,
        joules=joules,
        low_joules=low,
        high_joules=high,
        plus_minus_percent=two_digits(100 * max(high - joules, joules - low) / joules)
        if joules
        else None,
        joules_per_token=joules / tokens if tokens else None,
        wall_joules=plug.wall_joules(joules, seconds) if plug else None,
        mean_watts=joules / seconds,
        absent=absent,
    )


def _split(energy: Energy, composition: Composition, window: Window) -> Energy:
    span = span_of(window)
    if span.prompt_s is None:
        return replace(energy, absent=energy.absent | dict.fromkeys(SPLIT, NO_TOKEN))
    lengths = (span.prompt_s, span.seconds - span.prompt_s)
    values: list[float | None] = []
    absent = dict(energy.absent)
    for name, seconds in zip(SPLIT, lengths, strict=True):
        short = _too_short(composition, seconds)
        value = None if short else _sum(composition.counted, name)
        if value is None:
            absent[name] = short or "A sensor failed in this stretch."
        values.append(value)
    prompt, generation = values
    later = (window.generated_tokens or 0) - 1
    return replace(
        energy,
        prompt_joules=prompt,
        generation_joules=generation,
        joules_per_prompt_token=_ratio(prompt, window.prompt_tokens),
        joules_per_generated_token=_ratio(generation, later),
        absent=absent,
    )


def _above_idle(
    energy: Energy, composition: Composition, window: Window, evidence: Evidence
) -> Energy:
    idle_watts = composition.idle_watts
    if idle_watts is None:
        names = ("above_idle_joules", "idle_watts", "attributed_joules")
        return replace(energy, absent=energy.absent | dict.fromkeys(names, evidence.no_baseline))
    span = span_of(window)
    prompt_s = span.prompt_s or 0.0

    def above(joules: float | None, seconds: float) -> float | None:
        return None if joules is None else max(0.0, joules - idle_watts * seconds)

    return replace(
        energy,
        idle_watts=idle_watts,
        above_idle_joules=above(energy.joules, span.seconds),
        prompt_above_idle_joules=above(energy.prompt_joules, prompt_s),
        generation_above_idle_joules=above(energy.generation_joules, span.seconds - prompt_s),
        attributed_joules=_attributed(composition.counted, evidence.share),
    )


def _attributed(parts: Sequence[EnergyPart], share: Share | str) -> float | None:
    """Above idle: of the processor and its memory by our share of its time, of a GPU all."""
    if isinstance(share, str):
        return None
    total = 0.0
    for part in parts:
        if part.above_idle_joules is None:
            return None
        shared = part.covers in {"cpu", "memory", "cpu and gpu"} and part.label != "estimated"
        total += part.above_idle_joules * (share.ours_fraction if shared else 1.0)
    return total


def _circumstances(energy: Energy, composition: Composition, evidence: Evidence) -> Energy:
    share = evidence.share
    notes = [f"Other programs computed on {name} at the same time." for name in evidence.guests]
    absent = dict(energy.absent)
    if isinstance(share, str):
        absent["others_cpu_percent"] = share
    names = ", ".join(part.name for part in composition.counted)
    return replace(
        energy,
        boundary=f"components only: {names}; without {REST_OF_MACHINE}" if names else None,
        not_covered=composition.not_covered,
        parts=composition.parts,
        others_cpu_percent=two_digits(share.others_percent) if isinstance(share, Share) else None,
        contaminated=_contaminated(evidence),
        conditions=evidence.conditions,
        notes=tuple(notes + _disagreements(composition.counted)),
        absent=absent,
    )


def _contaminated(evidence: Evidence) -> bool | None:
    if evidence.guests:
        return True
    return evidence.share.contaminated if isinstance(evidence.share, Share) else None


def _disagreements(parts: Sequence[EnergyPart]) -> list[str]:
    return [
        f"Two sensors of the {part.name} disagree; the range spans both."
        for part in parts
        if part.disputed
    ]


def _sum(parts: Sequence[EnergyPart], name: str) -> float | None:
    """The sum of a field over all parts; None where one lacks it."""
    values = [getattr(part, name) for part in parts]
    return None if not values or None in values else float(sum(values))


def _ratio(joules: float | None, tokens: int | None) -> float | None:
    return joules / tokens if joules is not None and tokens and tokens > 0 else None


def _in_two_digits(energy: Energy) -> Energy:
    shown = {
        name: two_digits(value)
        for name in energy.__struct_fields__
        if isinstance(value := getattr(energy, name), float)
    }
    return replace(energy, **shown)
