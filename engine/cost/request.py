"""What one request costs, for each draw of a scenario.

E_wall = E_parts/η + P_rest·T      kWh = E_wall / 3.6e6      money = kWh · price      CO2e = kWh · grid
hardware = (price − resale) / (years · 365 · hours a day · 3600) · T, and as much of the CO2e of making it
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from engine.cost.assumptions import Assumptions
from engine.cost.paid import PaidModel
from engine.cost.ranges import Draws, drawn, within
from engine.cost.scenario import Likely, Scenario
from engine.cost.usage import Usage, wall_joules

JOULES_PER_KWH = 3.6e6
PRICE, GRID, TOKENIZER = "price of electricity", "carbon intensity of the grid", "tokenizer"


class RequestCosts(NamedTuple):
    """Columns by draw; NaN where a figure cannot be had."""

    joules: Draws
    electricity: Draws
    hardware: Draws
    money: Draws
    co2e_g: Draws
    seconds: Draws
    prompt_tokens: Draws
    output_tokens: Draws


Pricing = Callable[[Scenario], RequestCosts]


def local_pricing(usage: Usage, assumptions: Assumptions, order: Sequence[str]) -> Pricing:
    """How a local contender's request is priced; `order` lists the cases of all contenders."""

    def price(scenario: Scenario) -> RequestCosts:
        lengths = _lengths(usage, assumptions, scenario, order)
        seconds = _seconds(usage, assumptions, scenario, order, lengths)
        joules = _joules(usage, assumptions, scenario, order, lengths)
        plug = wall_joules(joules, seconds, assumptions.calibration)
        kwh = plug / JOULES_PER_KWH
        electricity = kwh * drawn(assumptions.electricity_price, scenario.deviates(PRICE))
        hardware = seconds * _hardware_per_s(assumptions)
        charged = hardware if assumptions.include_hardware else 0.0
        co2e_g = kwh * drawn(assumptions.grid_g_per_kwh, scenario.deviates(GRID))
        return RequestCosts(
            joules=plug,
            electricity=electricity,
            hardware=hardware,
            money=electricity + charged,
            co2e_g=co2e_g + seconds * _embodied_g_per_s(assumptions),
            seconds=seconds,
            prompt_tokens=lengths.prompt,
            output_tokens=lengths.output,
        )

    return price


def service_times(usage: Usage, assumptions: Assumptions) -> Draws:
    """How long each reply of the session takes the machine, at the lengths that are assumed."""
    if not _is_typed(assumptions):
        return usage.total_s
    lengths = _lengths(usage, assumptions, Likely(), sorted(set(usage.cases)))
    later_s = usage.total_s - usage.first_s
    return usage.first_s * lengths.prompt_ratio + later_s * lengths.output_ratio


def paid_pricing(
    model: PaidModel, usage: Usage, assumptions: Assumptions, order: Sequence[str], rate: float
) -> Pricing:
    """How a paid model is priced for the tokens of a local one; `rate` converts its currency."""

    def price(scenario: Scenario) -> RequestCosts:
        lengths = _lengths(usage, assumptions, scenario, order)
        tokenizer = drawn(within(1.0, assumptions.tokenizer_percent), scenario.deviates(TOKENIZER))
        money = rate * tokenizer * _paid(model, lengths, assumptions.cached_share)
        nothing = np.full_like(money, np.nan)
        return RequestCosts(
            joules=nothing,
            electricity=nothing,
            hardware=nothing,
            money=money,
            co2e_g=nothing,
            seconds=nothing,
            prompt_tokens=lengths.prompt,
            output_tokens=lengths.output,
        )

    return price


class _Lengths(NamedTuple):
    """Tokens of a typical request, and how they compare with the session's."""

    prompt: Draws
    output: Draws
    prompt_ratio: Draws
    output_ratio: Draws


def _lengths(
    usage: Usage, assumptions: Assumptions, scenario: Scenario, order: Sequence[str]
) -> _Lengths:
    prompt = usage.means(usage.prompt_tokens, scenario, order)
    output = usage.means(usage.output_tokens, scenario, order)
    wanted_prompt = _typed(assumptions.prompt_tokens, prompt)
    wanted_output = _typed(assumptions.output_tokens, output)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _Lengths(
            wanted_prompt, wanted_output, wanted_prompt / prompt, wanted_output / output
        )


def _typed(typed: float | None, measured: Draws) -> Draws:
    return measured if typed is None else np.full_like(measured, typed)


def _is_typed(assumptions: Assumptions) -> bool:
    return assumptions.prompt_tokens is not None or assumptions.output_tokens is not None


def _seconds(
    usage: Usage,
    assumptions: Assumptions,
    scenario: Scenario,
    order: Sequence[str],
    lengths: _Lengths,
) -> Draws:
    if not _is_typed(assumptions):
        return usage.means(usage.total_s, scenario, order)
    first = usage.means(usage.first_s, scenario, order)
    later = usage.means(usage.total_s - usage.first_s, scenario, order)
    return first * lengths.prompt_ratio + later * lengths.output_ratio


def _joules(
    usage: Usage,
    assumptions: Assumptions,
    scenario: Scenario,
    order: Sequence[str],
    lengths: _Lengths,
) -> Draws:
    """Of all parts; NaN where the replies have no energy."""
    total = np.zeros_like(lengths.output)
    if not usage.parts:
        return total * np.nan
    for part in usage.parts:
        if _is_typed(assumptions):
            prompt = usage.means(part.prompt, scenario, order) * lengths.prompt_ratio
            joules = prompt + usage.means(part.generation, scenario, order) * lengths.output_ratio
        else:
            joules = usage.means(part.joules, scenario, order)
        total = total + joules * part.factors(scenario)
    return total


def _paid(model: PaidModel, lengths: _Lengths, cached_share: float) -> Draws:
    prompt = model.per_request(1.0, 0.0, cached_share)
    output = model.per_request(0.0, 1.0, cached_share)
    return lengths.prompt * prompt + lengths.output * output


def _hardware_per_s(assumptions: Assumptions) -> float:
    hardware = assumptions.hardware
    if hardware is None:
        return 0.0
    return hardware.net_price / (hardware.years * 365 * assumptions.hours_per_day * 3600)


def _embodied_g_per_s(assumptions: Assumptions) -> float:
    hardware = assumptions.hardware
    if hardware is None or hardware.embodied_kg_co2e is None or not assumptions.include_hardware:
        return 0.0
    used_s = hardware.years * 365 * assumptions.hours_per_day * 3600
    return hardware.embodied_kg_co2e * 1000 / used_s
