"""Money, percents and ranges as text."""

from __future__ import annotations

from engine.cost.ranges import Range
from engine.wording import digits_text

SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}


def money_text(amount: float, currency: str, digits: int = 3) -> str:
    """1,240 €, 0.00031 €; no more digits than it has."""
    return f"{digits_text(amount, digits)} {SIGNS.get(currency, currency)}"


def percent_text(percent: float) -> str:
    """Whole percents; a decimal under ten, and near a hundred so that 99.7 does not read as all."""
    if 99 < abs(percent) < 100:
        return f"{int(percent * 10) / 10:.1f}"
    text = f"{percent:.0f}" if abs(percent) >= 9.95 else f"{percent:.1f}".removesuffix(".0")
    return text.replace("-", "−")


def range_text(range_: Range, digits: int, unit: str = "") -> str:
    """The likely figure with its interval, or alone where both ends are the same."""
    likely, low, high = (
        digits_text(each, digits) for each in (range_.likely, range_.low, range_.high)
    )
    unit = f" {unit}" if unit else ""
    return f"{likely}{unit}" if low == high else f"{likely}{unit} ({low} to {high})"
