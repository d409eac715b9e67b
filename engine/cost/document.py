"""The report of a session's cost as it is shown and exported."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity
from engine.cost.ranges import Range


class Swing(msgspec.Struct, frozen=True, kw_only=True):
    """What a year costs with one input at its low and at its high end, all others likely."""

    input: str
    low: float
    high: float


class YearCost(msgspec.Struct, frozen=True, kw_only=True):
    """One year of the plan; money and co2e_kg are absent in a year that does not fit."""

    year: int
    requests_per_day: float
    machines_needed: int | None
    money: Range | None = None
    co2e_kg: Range | None = None
    absent: dict[str, str] = {}


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """What choosing this one instead of `against` saves; percents may be negative: it takes more.

    spread_known False: one of both was measured in a single batch, so that the percents have no interval.
    """

    against: str
    spread_known: bool = True
    energy_percent: Range | None = None
    money_percent: Range | None = None
    money_per_year: Range | None = None
    co2e_kg_per_year: Range | None = None
    absent: dict[str, str] = {}


class BreakEven(msgspec.Struct, frozen=True, kw_only=True):
    """Buying the hardware against paying `against`; an end that is never reached is None.

    requests_per_day: from which the hardware pays within its years. days: until it has paid at the
    present volume.
    """

    against: str
    requests_per_day_low: float | None = None
    requests_per_day: float | None = None
    requests_per_day_high: float | None = None
    days_low: float | None = None
    days: float | None = None
    days_high: float | None = None
    absent: dict[str, str] = {}


class ContenderCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one contender, local or paid, costs under the assumptions.

    per_million_tokens: of output, the prompts included. hardware_per_request is part of the money only
    where the assumptions say so. digits: how many significant ones the figures carry.
    """

    name: str
    kind: Literal["local", "paid"]
    replies: int = 0
    digits: int = 3
    prompt_tokens: float | None = None
    output_tokens: float | None = None
    seconds_per_request: Range | None = None
    joules_per_request: Range | None = None
    energy_kind: Literal["measured", "estimated"] | None = None
    energy_source: str | None = None
    boundary: str | None = None
    electricity_per_request: Range | None = None
    hardware_per_request: Range | None = None
    per_request: Range | None = None
    per_thousand_requests: Range | None = None
    per_million_tokens: Range | None = None
    per_month: Range | None = None
    per_year: Range | None = None
    co2e_g_per_request: Range | None = None
    co2e_kg_per_year: Range | None = None
    years: tuple[YearCost, ...] = ()
    capacity: Capacity | None = None
    saving: Saving | None = None
    break_even: tuple[BreakEven, ...] = ()
    tornado: tuple[Swing, ...] = ()
    verdict: str | None = None
    notes: tuple[str, ...] = ()
    absent: dict[str, str] = {}


class CostReport(msgspec.Struct, frozen=True, kw_only=True):
    session: str
    title: str
    assumptions: Assumptions
    contenders: tuple[ContenderCost, ...]
    notes: tuple[str, ...] = ()
