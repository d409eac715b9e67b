"""A cost report in words, alike on the command line and in the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity
from engine.cost.document import BreakEven, ContenderCost
from engine.cost.money import SIGNS, range_text
from engine.wording import count, seconds, thousands

MONEY: Final = (
    ("per_year", "A year"),
    ("per_month", "A month"),
    ("per_thousand_requests", f"{thousands(1000)} requests"),
    ("per_request", "One request"),
    ("per_million_tokens", "A million tokens of replies"),
)
"""The figures in money: the field, and what it is called."""

_NO_TOKENS: Final = "The session does not tell how many tokens the replies had."
_NO_WAIT_S: Final = 0.001


def sign(assumed: Assumptions) -> str:
    return SIGNS.get(assumed.currency, assumed.currency)


def remarks(cost: ContenderCost, assumed: Assumptions) -> list[str]:
    """What else is to be known of a contender: what is absent and why, how busy it is, its source."""
    return [
        *_missing(cost),
        *_capacity_lines(cost.capacity),
        *_hardware_lines(cost, assumed),
        *_origin(cost),
        *cost.notes,
    ]


def assumed_lines(assumed: Assumptions) -> list[str]:
    price = range_text(assumed.electricity_price, 3, sign(assumed))
    grid = range_text(assumed.grid_g_per_kwh, 3, "g")
    days = f"{assumed.days_per_year:g} days of {assumed.hours_per_day:g} hours"
    lines = [
        f"Assumed: {thousands(assumed.requests_per_day)} requests a day on {days}.",
        f"Electricity at {price} per kWh: {assumed.origins.get('electricity_price', '')}.",
        f"{grid} of CO2e per kWh: {assumed.origins.get('grid_g_per_kwh', '')}.",
    ]
    for paid in assumed.paid:
        cached = "" if paid.cached is None else f", cached {paid.cached:g}"
        lines.append(
            f"{paid.name}: {paid.prompt:g}{cached}, output {paid.output:g} {paid.currency} per million "
            f"tokens ({paid.source}, {paid.date})."
        )
    return lines


def does_not_fit(cost: ContenderCost) -> bool:
    return cost.capacity is not None and cost.capacity.fit == "does not fit"


def _missing(cost: ContenderCost) -> Iterator[str]:
    """Why figures are absent, each reason once."""
    money = (name for name, _ in MONEY)
    reasons: dict[str, None] = {}
    for name in (*money, "co2e_g_per_request", "co2e_kg_per_year"):
        if getattr(cost, name) is None:
            reason = cost.absent.get(name)
            if reason is None and name == "per_million_tokens":
                reason = _NO_TOKENS
            if reason is not None:
                reasons[reason] = None
    if cost.kind == "local" and "capacity" in cost.absent:
        reasons[cost.absent["capacity"]] = None
    yield from reasons


def _capacity_lines(served: Capacity | None) -> Iterator[str]:
    if served is None:
        return
    if served.fit == "does not fit":
        yield f"{count(served.machines_needed, 'machine')} would be needed."
    else:
        yield _fit_line(served)
    if not served.batched and served.batched_requests_per_day is not None:
        yield (
            f"Answering many at once: up to {thousands(served.batched_requests_per_day)} requests a day "
            f"without long waits; {count(served.batched_machines_needed or 1, 'machine')} would be needed."
        )


def _fit_line(served: Capacity) -> str:
    busy = f"{count(served.machines, 'machine')} would be busy {100 * served.utilisation:.2g} % of the time"
    head = f"{served.fit.capitalize()}: {busy}"
    wait_s = served.p95_wait_s
    if wait_s is None:
        return f"{head}. {served.absent.get('p95_wait_s', '')}".rstrip()
    if wait_s < _NO_WAIT_S:
        return f"{head}; at least 95 of 100 requests are answered at once."
    mean = f", on average {seconds(served.mean_wait_s)}" if served.mean_wait_s is not None else ""
    return f"{head}; 95 of 100 requests wait at most {seconds(wait_s)} for their turn{mean}."


def _hardware_lines(cost: ContenderCost, assumed: Assumptions) -> Iterator[str]:
    if cost.hardware_per_request is not None:
        share = range_text(cost.hardware_per_request, cost.digits, sign(assumed))
        part = "in the figures above" if assumed.include_hardware else "not in the figures above"
        yield f"The machine's own share of a request is {share}, {part}."
        if assumed.hardware is not None and assumed.hardware.embodied_kg_co2e:
            made, years = assumed.hardware.embodied_kg_co2e, assumed.hardware.years
            yield f"Making the machine, {made:,.0f} kg of CO2e over {years:g} years, is {part}."
    for each in cost.break_even:
        yield _break_even(each)


def _break_even(found: BreakEven) -> str:
    if found.requests_per_day is None:
        reason = found.absent.get("requests_per_day") or found.absent.get("days") or ""
        return f"Against {found.against} the machine does not pay: {reason}"
    volume = _spread(
        found.requests_per_day_low, found.requests_per_day, found.requests_per_day_high
    )
    sentence = f"Against {found.against} the machine pays from {volume} requests a day"
    if found.days is None:
        return f"{sentence}. {found.absent.get('days', '')}".rstrip()
    days = _spread(found.days_low, found.days, found.days_high)
    return f"{sentence}; at the present volume after {days} days."


def _spread(low: float | None, likely: float, high: float | None) -> str:
    """An end that is never reached is told as such."""
    ends = "never" if high is None else thousands(high)
    if low is None or thousands(low) == ends:
        return thousands(likely)
    return f"{thousands(likely)} ({thousands(low)} to {ends})"


def _origin(cost: ContenderCost) -> Iterator[str]:
    if cost.kind == "paid":
        return
    energy = (
        f"; energy {cost.energy_kind}: {cost.energy_source}" if cost.energy_kind is not None else ""
    )
    yield f"From {count(cost.replies, 'reply')}{energy}."
