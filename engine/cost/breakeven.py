"""From which volume, and after how long, bought hardware is cheaper than paying for every request."""

from __future__ import annotations

import numpy as np

from engine.cost.assumptions import Assumptions, Hardware
from engine.cost.document import BreakEven
from engine.cost.ranges import PERCENTILES, Draws
from engine.wording import thousands

NEVER = "A request to {against} costs no more than the electricity of one here: it never pays."
NOTHING_ASKED = "At the present volume nothing is asked."
TOO_MUCH = "It would take more requests a day than the hardware serves: {most}."


def break_even(
    against: str,
    paid: Draws,
    electricity: Draws,
    assumptions: Assumptions,
    hardware: Hardware,
    most_requests_per_day: float,
) -> BreakEven:
    """paid and electricity are per request; the first draw is the likely one."""
    gain = paid - electricity
    with np.errstate(divide="ignore", invalid="ignore"):
        lifetime = hardware.years * assumptions.days_per_year
        volume = np.where(gain > 0, hardware.net_price / (lifetime * gain), np.inf)
        a_day = assumptions.requests_per_day * assumptions.days_per_year / 365.0
        days = np.where(gain > 0, hardware.net_price / (a_day * gain), np.inf)
    volume = np.where(volume > most_requests_per_day, np.inf, volume)
    absent = {}
    if not np.isfinite(volume[0]):
        absent["requests_per_day"] = (
            NEVER.format(against=against)
            if gain[0] <= 0
            else TOO_MUCH.format(most=thousands(most_requests_per_day))
        )
    if gain[0] > 0 and a_day == 0:
        absent["days"] = NOTHING_ASKED
    elif not np.isfinite(days[0]):
        absent["days"] = NEVER.format(against=against)
    elif assumptions.requests_per_day > most_requests_per_day:
        absent["days"] = "The present volume does not fit on the hardware."
        days = np.full_like(days, np.inf)
    low, high = _ends(volume)
    soon, late = _ends(days)
    return BreakEven(
        against=against,
        requests_per_day_low=low,
        requests_per_day=_reached(volume[0]),
        requests_per_day_high=high,
        days_low=soon,
        days=_reached(days[0]),
        days_high=late,
        absent=absent,
    )


def _ends(draws: Draws) -> tuple[float | None, float | None]:
    """The 95 % interval; draws that never get there lie above all others."""
    ordered = np.sort(draws)
    places = [
        min(round(percent / 100 * (len(ordered) - 1)), len(ordered) - 1) for percent in PERCENTILES
    ]
    return _reached(ordered[places[0]]), _reached(ordered[places[1]])


def _reached(figure: float) -> float | None:
    return float(figure) if np.isfinite(figure) else None
