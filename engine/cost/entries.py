"""Contenders and paid models with their request priced: likely, and for every draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity, batched_capacity, capacity
from engine.cost.paid import PaidModel
from engine.cost.request import (
    Pricing,
    RequestCosts,
    local_pricing,
    paid_pricing,
    service_times,
)
from engine.cost.scenario import Everything, Likely
from engine.cost.usage import Usage

NO_SPLIT = "The replies do not tell prompt and generation apart, so other lengths have no price."


class Entry(NamedTuple):
    """usage is None for a paid model. no_money and no_capacity: why a figure is absent."""

    name: str
    usage: Usage | None
    pricing: Pricing
    likely: RequestCosts
    draws: RequestCosts
    capacity: Capacity | None
    no_money: str | None
    no_capacity: str | None

    @property
    def digits(self) -> int:
        """Significant ones: an estimate has two."""
        return 2 if self.usage is not None and self.usage.energy.kind == "estimated" else 3


def local_entry(usage: Usage, assumptions: Assumptions, order: Sequence[str]) -> Entry:
    pricing = local_pricing(usage, assumptions, order)
    likely = pricing(Likely())
    served, no_capacity = _capacity(usage, assumptions)
    return Entry(
        name=usage.name,
        usage=usage,
        pricing=pricing,
        likely=likely,
        draws=pricing(Everything()),
        capacity=served,
        no_money=None if np.isfinite(likely.money[0]) else _no_energy(usage, assumptions),
        no_capacity=no_capacity,
    )


def paid_entry(
    model: PaidModel, usage: Usage, assumptions: Assumptions, order: Sequence[str]
) -> Entry:
    """Priced for the tokens that a local contender's requests had."""
    own = model.currency == assumptions.currency
    rate = 1.0 if own else assumptions.exchange.get(model.currency)
    pricing = paid_pricing(model, usage, assumptions, order, float("nan") if rate is None else rate)
    likely = pricing(Likely())
    no_money = None
    if rate is None:
        no_money = (
            f"Its price is in {model.currency}: enter what 1 {model.currency} is worth in "
            f"{assumptions.currency}."
        )
    elif not np.isfinite(likely.money[0]):
        no_money = "The session does not tell how many tokens its requests had."
    return Entry(
        name=model.name,
        usage=None,
        pricing=pricing,
        likely=likely,
        draws=pricing(Everything()),
        capacity=None,
        no_money=no_money,
        no_capacity="What a paid model can serve is its maker's affair.",
    )


def _capacity(usage: Usage, assumptions: Assumptions) -> tuple[Capacity | None, str | None]:
    if usage.shared:
        return None, "The replies ran together with others, so their times are no service times."
    if usage.batched:
        rate = assumptions.batched_requests_per_s or _rate(usage)
        if rate is None:
            return None, "The replies do not tell how long they took."
        return batched_capacity(rate, assumptions, assumptions.requests_per_day), None
    times = service_times(usage, assumptions)
    if not np.all(np.isfinite(times)) or not np.all(times > 0):
        return None, "The replies do not tell how long they took."
    return capacity(times, assumptions, assumptions.requests_per_day), None


def _rate(usage: Usage) -> float | None:
    """Requests a second, many at once."""
    mean_s = float(np.mean(usage.total_s))
    return 1 / mean_s if np.isfinite(mean_s) and mean_s > 0 else None


def _no_energy(usage: Usage, assumptions: Assumptions) -> str:
    if usage.energy.joules is None:
        if usage.batched:
            return usage.energy.absent["joules"]
        own = next((each.energy.absent.get("joules") for each in usage.replies), None)
        return own or usage.energy.absent["joules"]
    if assumptions.energy == "above idle":
        return "No idle baseline was measured, so energy above idle is not known."
    return NO_SPLIT
