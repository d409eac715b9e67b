"""What a reply took in energy."""

from __future__ import annotations

from typing import Literal

import msgspec

EnergyLabel = Literal["measured", "sampled", "estimated"]
PowerSource = Literal["mains", "battery"]


class EstimateBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What an estimate without a sensor was made from: facts, from which it can be made again."""

    seconds: float
    core_seconds: float
    physical_cores: int
    tdp_watts: float


class EnergyPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one sensor says of one part of the machine.

    counted False: it repeats what other parts cover (battery, psys, a second reading) and only
    checks them. seconds: how long the window was. step_s: how often the sensor moves. disputed: a
    second sensor of the same part disagrees, and the range spans both.
    """

    name: str
    covers: Literal["cpu", "memory", "gpu", "npu", "cpu and gpu", "machine"]
    source: str
    label: EnergyLabel
    counted: bool = True
    seconds: float
    step_s: float | None = None
    joules: float | None = None
    low_joules: float | None = None
    high_joules: float | None = None
    prompt_joules: float | None = None
    generation_joules: float | None = None
    above_idle_joules: float | None = None
    basis: EstimateBasis | None = None
    disputed: bool = False
    absent: dict[str, str] = {}


class EnergyConditions(msgspec.Struct, frozen=True, kw_only=True):
    """throttled: the processor or a GPU slowed itself down for heat or power during the reply."""

    power_source: PowerSource | None = None
    power_profile: str | None = None
    governor: str | None = None
    throttled: bool | None = None
    absent: dict[str, str] = {}


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply took, from its hand-over to its last token, of all parts that `boundary` names.

    joules_per_token divides the whole reply by its generated tokens, as others do;
    joules_per_prompt_token and joules_per_generated_token split it at the first token (the latter
    over the n − 1 tokens after it). above_idle: less what the machine draws with the model loaded
    and idle; unloaded_idle_watts: what it drew before any model was loaded. attributed_joules: above
    idle, by our share of the processor time. wall_joules: at the plug, where a plug meter calibrated
    the machine. pooled_replies: over how many replies a figure was taken because each alone is
    too_short for its sensor.
    """

    joules: float | None = None
    joules_per_token: float | None = None
    source: str | None = None
    kind: Literal["measured", "estimated"] | None = None
    plus_minus_percent: float | None = None
    low_joules: float | None = None
    high_joules: float | None = None
    prompt_joules: float | None = None
    generation_joules: float | None = None
    joules_per_prompt_token: float | None = None
    joules_per_generated_token: float | None = None
    above_idle_joules: float | None = None
    prompt_above_idle_joules: float | None = None
    generation_above_idle_joules: float | None = None
    attributed_joules: float | None = None
    wall_joules: float | None = None
    mean_watts: float | None = None
    idle_watts: float | None = None
    unloaded_idle_watts: float | None = None
    seconds: float | None = None
    boundary: str | None = None
    not_covered: tuple[str, ...] = ()
    parts: tuple[EnergyPart, ...] = ()
    too_short: bool = False
    pooled_replies: int | None = None
    others_cpu_percent: float | None = None
    contaminated: bool | None = None
    conditions: EnergyConditions | None = None
    notes: tuple[str, ...] = ()
    absent: dict[str, str] = {}
