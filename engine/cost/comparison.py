"""One contender beside another: what it saves, what its cost hangs on, and how it grows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity
from engine.cost.document import Saving, Swing, YearCost
from engine.cost.entries import Entry
from engine.cost.ranges import Z_95, Draws, Range, interval, significant
from engine.cost.request import PRICE, TOKENIZER
from engine.cost.scenario import Likely, Resampled
from engine.wording import thousands

REQUESTS = "requests in the session"
SMALLEST_SWING = 0.001
"""An input that moves a year's cost by less is not worth a bar."""


def saving(entry: Entry, against: Entry, assumptions: Assumptions, digits: int) -> Saving:
    """What `entry` saves; the same draws on both sides, so that what they share cancels."""
    absent = {}
    money = energy = co2e = per_year = None
    fits = does_not_fit(entry.capacity) is None
    if entry.no_money or against.no_money:
        absent["money_percent"] = entry.no_money or against.no_money or ""
    else:
        money = _percent(
            entry.likely.money, against.likely.money, entry.draws.money, against.draws.money
        )
        difference = against.draws.money - entry.draws.money
        likely = float(against.likely.money[0] - entry.likely.money[0])
        per_year = interval(likely, difference).times(assumptions.requests_per_year).rounded(digits)
    if per_year is not None and not (fits and does_not_fit(against.capacity) is None):
        per_year = None
        absent["money_per_year"] = "One of both does not fit on the machines there are."
    if np.isfinite(entry.likely.joules[0]) and np.isfinite(against.likely.joules[0]):
        energy = _percent(
            entry.likely.joules, against.likely.joules, entry.draws.joules, against.draws.joules
        )
        grams = interval(
            float(against.likely.co2e_g[0] - entry.likely.co2e_g[0]),
            against.draws.co2e_g - entry.draws.co2e_g,
        )
        kilograms = grams.times(assumptions.requests_per_year / 1000).rounded(digits)
        co2e = kilograms if fits else None
    else:
        absent["energy_percent"] = "The energy of one of both is not known."
    return Saving(
        against=against.name,
        spread_known=not any(
            each.usage is not None and each.usage.batched for each in (entry, against)
        ),
        energy_percent=energy,
        money_percent=money,
        money_per_year=per_year,
        co2e_kg_per_year=co2e,
        absent=absent,
    )


def tornado(entry: Entry, assumptions: Assumptions, digits: int) -> tuple[Swing, ...]:
    """A year's cost with each uncertain input at both ends of its range, widest first."""
    if entry.no_money:
        return ()
    likely = float(entry.likely.money[0])
    swings = []
    for name, low, high in _ends(entry):
        if high - low > SMALLEST_SWING * likely:
            yearly = assumptions.requests_per_year
            ends = [significant(end * yearly, digits) for end in (low, high)]
            # Without a request nothing costs anything, and few digits may hide a swing.
            if ends[0] < ends[1]:
                swings.append(Swing(input=name, low=ends[0], high=ends[1]))
    return tuple(sorted(swings, key=lambda swing: swing.low - swing.high))


def years(entry: Entry, assumptions: Assumptions, digits: int) -> tuple[YearCost, ...]:
    """The plan year by year; each later one has grown by the assumed share."""
    money = None if entry.no_money else interval(float(entry.likely.money[0]), entry.draws.money)
    grams = (
        interval(float(entry.likely.co2e_g[0]), entry.draws.co2e_g)
        if np.isfinite(entry.likely.co2e_g[0])
        else None
    )
    plan = []
    for year in range(1, assumptions.years + 1):
        growth = (1 + assumptions.growth_percent_per_year / 100) ** (year - 1)
        volume = assumptions.requests_per_year * growth
        overfull = does_not_fit(entry.capacity, growth)
        known = overfull is None
        absent = {
            name: reason for name, reason in (("money", overfull or entry.no_money),) if reason
        }
        plan.append(
            YearCost(
                year=year,
                requests_per_day=assumptions.requests_per_day * growth,
                machines_needed=_machines(entry.capacity, growth, assumptions),
                money=money.times(volume).rounded(digits) if money and known else None,
                co2e_kg=grams.times(volume / 1000).rounded(digits) if grams and known else None,
                absent=absent,
            )
        )
    return tuple(plan)


def does_not_fit(served: Capacity | None, growth: float = 1.0) -> str | None:
    """The sentence where the machines there are cannot serve the volume, else None."""
    if served is None or served.utilisation * growth < 1:
        return None
    machines = (
        "this machine serves" if served.machines == 1 else f"{served.machines} machines serve"
    )
    most = f"{thousands(served.requests_per_day)} requests a day"
    how = "many at once" if served.batched else "one at a time"
    return f"It does not fit: {machines} at most {most}, {how}."


def _machines(served: Capacity | None, growth: float, assumptions: Assumptions) -> int | None:
    if served is None:
        return None
    busy = served.utilisation * served.machines * growth
    return max(1, int(np.ceil(busy / assumptions.busiest_share - 1e-9)))


def _percent(likely: Draws, likely_other: Draws, draws: Draws, others: Draws) -> Range:
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = 100 * (1 - draws / others)
    return interval(float(100 * (1 - likely[0] / likely_other[0])), shares).rounded(3)


def _ends(entry: Entry) -> Iterator[tuple[str, float, float]]:
    names = [PRICE, TOKENIZER]
    if entry.usage is not None:
        names += [part.input for part in entry.usage.parts]
    for name in names:
        ends = [float(entry.pricing(Likely(name, z)).money[0]) for z in (-Z_95, Z_95)]
        yield name, min(ends), max(ends)
    spread = interval(float(entry.likely.money[0]), entry.pricing(Resampled()).money)
    yield REQUESTS, spread.low, spread.high
