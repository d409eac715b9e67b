"""The cost of a session: each contender, local and paid, what it saves, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from engine.contract import Session
from engine.cost.assumptions import Assumptions
from engine.cost.breakeven import break_even
from engine.cost.comparison import does_not_fit, saving, tornado, years
from engine.cost.document import BreakEven, ContenderCost, CostReport
from engine.cost.entries import Entry, local_entry, paid_entry
from engine.cost.ranges import Draws, Range, interval
from engine.cost.usage import Usage, usages
from engine.cost.verdict import QualityVerdict, verdict_sentence
from engine.errors import AssumptionError

PAID_CO2 = "The makers of paid models do not tell what a request emits."
FEW_REPLIES = 5
_MONEY = (
    "per_request",
    "per_thousand_requests",
    "per_million_tokens",
    "per_month",
    "per_year",
)


def cost_report(
    session: Session, assumptions: Assumptions, qualities: Sequence[QualityVerdict] = ()
) -> CostReport:
    """What the session's contenders and the assumed paid models cost; raises AssumptionError.

    qualities: the verdicts of a suite that compared the contenders; its own session brings them along.
    """
    qualities = qualities or session.verdicts
    assumptions = assumptions.checked()
    used = usages(session, above_idle=assumptions.energy == "above idle")
    if not used:
        raise AssumptionError(
            f"The session “{session.title}” has no finished reply, so nothing can be said of its cost."
        )
    order = sorted({case for usage in used for case in usage.cases})
    entries = [local_entry(usage, assumptions, order) for usage in used]
    entries += [paid_entry(model, used[0], assumptions, order) for model in assumptions.paid]
    reference = _reference(entries, assumptions.compare_with, qualities)
    costs = []
    for entry in entries:
        cost = _cost(entry, assumptions)
        if entry is not reference:
            cost = _compared(cost, entry, reference, assumptions, qualities)
        costs.append(replace(cost, break_even=_break_even(entry, entries, assumptions)))
    return CostReport(
        session=session.id,
        title=session.title,
        assumptions=assumptions,
        contenders=tuple(costs),
        notes=_notes(assumptions, used),
    )


def _cost(entry: Entry, assumptions: Assumptions) -> ContenderCost:
    """One entry by itself."""
    usage = entry.usage
    digits = entry.digits
    overfull = does_not_fit(entry.capacity)
    money = None if entry.no_money else _range(entry.likely.money, entry.draws.money)
    co2e = _range(entry.likely.co2e_g, entry.draws.co2e_g)
    output = _figure(entry.likely.output_tokens)
    yearly = assumptions.requests_per_year

    def shown(range_: Range | None, factor: float = 1.0) -> Range | None:
        return None if range_ is None else range_.times(factor).rounded(digits)

    cost = ContenderCost(
        name=entry.name,
        kind="paid" if usage is None else "local",
        digits=digits,
        prompt_tokens=_figure(entry.likely.prompt_tokens),
        output_tokens=output,
        per_request=shown(money),
        per_thousand_requests=shown(money, 1000),
        per_million_tokens=shown(money, 1e6 / output) if output else None,
        per_month=None if overfull else shown(money, yearly / 12),
        per_year=None if overfull else shown(money, yearly),
        co2e_g_per_request=shown(co2e),
        co2e_kg_per_year=None if overfull else shown(co2e, yearly / 1000),
        years=years(entry, assumptions, digits),
        capacity=entry.capacity,
        tornado=tornado(entry, assumptions, digits),
        absent=_absent(entry, overfull),
    )
    return cost if usage is None else _with_local(cost, entry, usage, assumptions)


def _with_local(
    cost: ContenderCost, entry: Entry, usage: Usage, assumptions: Assumptions
) -> ContenderCost:
    def shown(likely: Draws, draws: Draws) -> Range | None:
        found = _range(likely, draws)
        return None if found is None else found.rounded(cost.digits)

    calibrated = assumptions.calibration is not None
    return replace(
        cost,
        replies=len(usage.replies),
        seconds_per_request=shown(entry.likely.seconds, entry.draws.seconds),
        joules_per_request=shown(entry.likely.joules, entry.draws.joules),
        energy_kind=usage.energy.kind,
        energy_source=usage.energy.source,
        boundary="at the plug, by its calibration" if calibrated else usage.energy.boundary,
        electricity_per_request=shown(entry.likely.electricity, entry.draws.electricity),
        hardware_per_request=shown(entry.likely.hardware, entry.draws.hardware)
        if assumptions.hardware
        else None,
        notes=_usage_notes(usage),
    )


def _compared(
    cost: ContenderCost,
    entry: Entry,
    reference: Entry,
    assumptions: Assumptions,
    qualities: Sequence[QualityVerdict],
) -> ContenderCost:
    digits = min(entry.digits, reference.digits)
    saved = saving(entry, reference, assumptions, digits)
    known = [
        quality
        for quality in qualities
        if (quality.contender, quality.reference) == (entry.name, reference.name)
    ]
    sentence = verdict_sentence(
        entry.name,
        saved,
        known[0] if known else None,
        requests_per_day=assumptions.requests_per_day,
        currency=assumptions.currency,
        digits=digits,
    )
    return replace(cost, saving=saved, verdict=sentence)


def _break_even(
    entry: Entry, entries: Sequence[Entry], assumptions: Assumptions
) -> tuple[BreakEven, ...]:
    """A local contender's hardware against every paid model."""
    if assumptions.hardware is None or entry.usage is None or entry.capacity is None:
        return ()
    if entry.no_money:
        return ()
    most = entry.capacity.requests_per_day / entry.capacity.machines
    return tuple(
        break_even(
            paid.name,
            np.concatenate([paid.likely.money, paid.draws.money]),
            np.concatenate([entry.likely.electricity, entry.draws.electricity]),
            assumptions,
            assumptions.hardware,
            most,
        )
        for paid in entries
        if paid.usage is None and not paid.no_money
    )


def _reference(
    entries: Sequence[Entry], name: str | None, qualities: Sequence[QualityVerdict]
) -> Entry:
    """The one compared with: named, else the one a suite judged against, else the dearest."""
    if name is not None:
        for entry in entries:
            if entry.name == name:
                return entry
        names = ", ".join(entry.name for entry in entries)
        raise AssumptionError(f"The session has no “{name}” to compare with. It has: {names}.")
    local = [entry for entry in entries if entry.usage is not None]
    judged_against = {quality.reference for quality in qualities}
    for entry in local:
        if entry.name in judged_against:
            return entry
    return max(local, key=lambda entry: np.nan_to_num(entry.likely.money[0], nan=-1.0))


def _absent(entry: Entry, overfull: str | None) -> dict[str, str]:
    absent: dict[str, str] = {}
    if entry.no_money:
        absent |= dict.fromkeys(_MONEY, entry.no_money)
    if overfull:
        absent |= dict.fromkeys(("per_month", "per_year", "co2e_kg_per_year"), overfull)
    if entry.usage is None:
        absent |= dict.fromkeys(("co2e_g_per_request", "joules_per_request"), PAID_CO2)
    elif entry.no_money:
        absent |= dict.fromkeys(("co2e_g_per_request", "joules_per_request"), entry.no_money)
    if entry.no_capacity:
        absent["capacity"] = entry.no_capacity
    return absent


def _usage_notes(usage: Usage) -> tuple[str, ...]:
    notes = []
    cases = len(set(usage.cases))
    if cases == 1:
        notes.append(
            "From one reply: how much requests differ is not known, so not in the interval."
        )
    elif cases < FEW_REPLIES:
        notes.append(f"From {cases} requests only: the interval is rough.")
    if usage.energy.kind == "estimated":
        notes.append(
            "Its energy is estimated from time and busy cores: a difference in power would not be seen."
        )
    if usage.batched:
        notes.append(
            "Answered in batches: a request alone takes more time and energy than its share of a batch, and "
            "how requests differ is not in the interval."
        )
    if usage.contaminated:
        during = "during the batch" if usage.batched else "during every reply"
        notes.append(f"Other programs used the processor {during}.")
    if usage.energy.not_covered:
        notes.append(f"Not covered: {', '.join(usage.energy.not_covered)}.")
    return tuple(notes)


def _notes(assumptions: Assumptions, used: Sequence[Usage]) -> tuple[str, ...]:
    notes = ["Low and high are a 95 % interval of requests, sensors and prices together."]
    if assumptions.calibration is None:
        notes.append(
            "Energy is that of the components only: the power supply and the rest of the machine come on "
            "top. Two readings of a plug meter add them."
        )
    if not assumptions.include_hardware:
        notes.append("Local costs are electricity alone: buying the machine is not in them.")
    if assumptions.paid:
        notes.append(
            f"Paid models are priced for the tokens of {used[0].name}; another tokenizer may count up to "
            f"{assumptions.tokenizer_percent:.0f} % more or fewer."
        )
    return tuple(notes)


def _range(likely: Draws, draws: Draws) -> Range | None:
    return interval(float(likely[0]), draws) if np.isfinite(likely[0]) else None


def _figure(likely: Draws) -> float | None:
    return float(likely[0]) if np.isfinite(likely[0]) else None
