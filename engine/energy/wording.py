"""Energy in words: never more digits than the figure has, and never without where it comes from."""

from __future__ import annotations

from math import floor, log10

from engine.contract import Energy

ESTIMATED_DIGITS, MEASURED_DIGITS = 2, 3
THOUSANDS = "\N{NARROW NO-BREAK SPACE}"


def digits_text(figure: float, digits: int = ESTIMATED_DIGITS) -> str:
    """So many significant digits without an exponent: 1 200, 120, 12, 1.2, 0.12."""
    if figure == 0:
        return "0"
    decimals = digits - 1 - floor(log10(abs(figure)))
    rounded = round(figure, decimals)
    if rounded and floor(log10(abs(rounded))) > floor(log10(abs(figure))):
        decimals -= 1
    return f"{rounded:,.{max(decimals, 0)}f}".replace(",", THOUSANDS)


def energy_text(energy: Energy) -> str:
    """A reply's energy for a line below it, or why it has none."""
    if energy.joules is None:
        return energy.absent.get("joules", "Energy was not measured.")
    pool = f", mean of {energy.pooled_replies} replies" if energy.pooled_replies else ""
    if energy.kind == "measured":
        margin = energy.plus_minus_percent
        range_text = "" if margin is None else f" ± {digits_text(margin)} %"
        figure = digits_text(energy.joules, MEASURED_DIGITS)
        return f"{figure} J{range_text}{pool} ({energy.source})"
    figure = digits_text(energy.joules)
    low, high = digits_text(energy.low_joules or 0.0), digits_text(energy.high_joules or 0.0)
    return f"about {figure} J, estimated ({low} to {high} J{pool})"
