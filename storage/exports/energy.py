"""Whose energy is clearly less, for reports; told from the same figures as the cost of a session.

A sensor's error is shared by all contenders, so it cancels in what one takes of another: two figures whose
ranges overlap can still differ clearly (docs/cost.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

import numpy as np

from engine.contract import Session
from engine.cost.assumptions import Assumptions
from engine.cost.money import percent_text
from engine.cost.ranges import Draws, Range, exactly, interval
from engine.cost.request import local_pricing
from engine.cost.scenario import Everything, Likely
from engine.cost.usage import Usage, usages
from storage.exports.figures import Column
from storage.exports.trade_off import Weighed

_UNPRICED: Final = Assumptions(electricity_price=exactly(1.0), grid_g_per_kwh=exactly(1.0))
"""Prices cancel in a share of energy."""


class Taken(NamedTuple):
    """Joules of a request. batched: they are its share of one batch, whose spread is not known."""

    likely: float
    draws: Draws
    batched: bool


Energies = Mapping[str, Taken]


def energies(session: Session) -> Energies:
    """By contender, those whose energy is known part by part."""
    try:
        with np.errstate(all="ignore"):
            used = usages(session, above_idle=False)
            order = sorted({case for usage in used for case in usage.cases})
            taken = {usage.name: _taken(usage, order) for usage in used}
    except ArithmeticError:
        return {}  # an imported document can hold figures that no sensor gives
    return {name: each for name, each in taken.items() if np.all(np.isfinite(each.draws))}


def _taken(usage: Usage, order: Sequence[str]) -> Taken:
    pricing = local_pricing(usage, _UNPRICED, order)
    likely, draws = (pricing(each).joules for each in (Likely(), Everything()))
    return Taken(float(likely[0]), draws, usage.batched)


def energy_findings(found: Energies, column: Column | None, session: Session) -> Iterator[str]:
    """column: the energy a reply as it is shown."""
    if column is None:
        return
    shown = {
        contender.name: cell
        for contender, cell in zip(session.contenders, column.cells, strict=True)
        if cell.value is not None
    }
    if len(shown) < 2:
        return
    if not set(shown) <= set(found):
        yield from _by_ranges(column, session)
        return
    least, *others = sorted(shown, key=lambda name: found[name].likely)
    next_one = others[0]
    share = _less(found[least], found[next_one])
    if share is None:
        return
    less = f"{least} took the least energy: {shown[least].text} a reply, "
    whom = next_one if len(others) == 1 else f"the next, {next_one}"
    if found[least].batched or found[next_one].batched:
        yield (
            f"{less}{percent_text(share.likely)} % less than {whom}; from one batch of each, so how"
            " sure that is cannot be told."
        )
    elif share.low > 0:
        yield f"{less}{_percents(share)} less than {whom}."
    else:
        low, high = percent_text(share.low), percent_text(share.high)
        ends = "" if low == high else f" ({low} to {high} % less for {least})"
        yield f"{least} and {next_one} show no clear difference in energy{ends}."


def is_told(weighed: Weighed, found: Energies, names: list[str]) -> bool:
    """Whether its contenders can be told apart; by energy not where the difference may be none."""
    if weighed.axis != "joules":
        return True
    worth = [name for name, good in zip(names, weighed.worth, strict=True) if good]
    others = [name for name in names if name not in worth]
    return all(
        one in found and other in found and _differ(found[one], found[other])
        for one, other in product(worth, others)
    )


def _differ(one: Taken, other: Taken) -> bool:
    share = _less(one, other)
    batched = one.batched or other.batched
    return share is not None and not batched and not share.low <= 0 <= share.high


def _less(one: Taken, other: Taken) -> Range | None:
    """How much less the one takes, in percent: what both share cancels draw by draw."""
    with np.errstate(all="ignore"):
        shares = 100 * (1 - one.draws / other.draws)
        likely = float(100 * (1 - np.float64(one.likely) / other.likely))
    if not (np.isfinite(likely) and np.all(np.isfinite(shares))):
        return None
    return interval(likely, shares).rounded(3)


def _by_ranges(column: Column, session: Session) -> Iterator[str]:
    """Without the parts of the machine it is told only where the ranges do not overlap."""
    ranged = [
        (cell.high or cell.value, cell.low or cell.value, cell.text, contender.name)
        for cell, contender in zip(column.cells, session.contenders, strict=True)
        if cell.value is not None
    ]
    least, *others = sorted(ranged, key=lambda each: each[0] or 0.0)
    if all((other[1] or 0.0) > (least[0] or 0.0) for other in others):
        yield f"{least[3]} took the least energy: {least[2]} a reply."


def _percents(share: Range) -> str:
    likely, low, high = (percent_text(each) for each in (share.likely, share.low, share.high))
    return f"{likely} %" if low == high else f"{likely} % ({low}–{high} %)"
