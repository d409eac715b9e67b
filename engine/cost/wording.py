"""A cost report in words, alike on the command line and in the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity
from engine.cost.document import BreakEven, ContenderCost
from engine.cost.money import SIGNS, range_text
from engine.wording import count, digits_text, thousands

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
        return
    busy = f"{count(served.machines, 'machine')} would be busy {100 * served.utilisation:.2g} % of the time"
    wait_s = served.p95_wait_s
    if wait_s is None or wait_s < _NO_WAIT_S:
        waits = "95 of 100 requests are answered at once"
    else:
        waits = f"95 of 100 requests wait at most {digits_text(wait_s, 2)} s for their turn"
    yield f"{served.fit.capitalize()}: {busy}; {waits}."


def _hardware_lines(cost: ContenderCost, assumed: Assumptions) -> Iterator[str]:
    if cost.hardware_per_request is not None:
        share = range_text(cost.hardware_per_request, cost.digits, sign(assumed))
        part = "in the figures above" if assumed.include_hardware else "not in the figures above"
        yield f"The machine's own share of a request is {share}, {part}."
    for each in cost.break_even:
        yield _break_even(each)


def _break_even(found: BreakEven) -> str:
    if found.requests_per_day is None:
        reason = found.absent.get("requests_per_day") or found.absent.get("days") or ""
        return f"Against {found.against} the machine does not pay: {reason}"
    volume = thousands(found.requests_per_day)
    sentence = f"Against {found.against} the machine pays from {volume} requests a day"
    if found.days is None:
        return f"{sentence}. {found.absent.get('days', '')}".rstrip()
    return f"{sentence}; at the present volume after {thousands(found.days)} days."


def _origin(cost: ContenderCost) -> Iterator[str]:
    if cost.kind == "paid":
        return
    energy = (
        f"; energy {cost.energy_kind}: {cost.energy_source}" if cost.energy_kind is not None else ""
    )
    yield f"From {count(cost.replies, 'reply')}{energy}."
