"""A figure that is not known exactly: low, likely and high, the outer two a 95 % interval."""

from __future__ import annotations

import re

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.errors import AssumptionError

Draws = NDArray[np.float64]

_FIGURE = r"(\d+\.?\d*|\.\d+)"
_TYPED = re.compile(rf"{_FIGURE}(?:\s*[-–]\s*{_FIGURE})?(?:\s*[-–]\s*{_FIGURE})?")

Z_95 = 1.959964
"""Standard normal deviate of a two-sided 95 % interval."""

PERCENTILES = (2.5, 97.5)


class Range(msgspec.Struct, frozen=True):
    low: float
    likely: float
    high: float

    def times(self, factor: float) -> Range:
        return Range(self.low * factor, self.likely * factor, self.high * factor)

    def rounded(self, digits: int) -> Range:
        return Range(*(significant(each, digits) for each in (self.low, self.likely, self.high)))


def exactly(figure: float) -> Range:
    return Range(figure, figure, figure)


def within(figure: float, percent: float) -> Range:
    return Range(figure * (1 - percent / 100), figure, figure * (1 + percent / 100))


def parse_range(text: str) -> Range:
    """0.25, or 0.20-0.30, or 0.20-0.25-0.30 with the likely figure in the middle; raises AssumptionError."""
    matched = _TYPED.fullmatch(text.strip())
    if matched is None:
        raise AssumptionError(f"“{text}” is no figure. Give one, or two with a - between.")
    figures = [float(each) for each in matched.groups() if each is not None]
    if figures != sorted(figures):
        raise AssumptionError(f"“{text}” runs backwards. Give the lower figure first.")
    low, high = figures[0], figures[-1]
    return Range(low, figures[1] if len(figures) == 3 else (low + high) / 2, high)


def checked(range_: Range, name: str) -> Range:
    """The range itself; raises AssumptionError where it is out of order or below zero."""
    if not 0 <= range_.low <= range_.likely <= range_.high:
        raise AssumptionError(
            f"The {name} runs from {range_.low:g} over {range_.likely:g} to {range_.high:g}. Enter figures "
            "from low to high, none below 0."
        )
    return range_


def drawn(range_: Range, deviates: Draws) -> Draws:
    """Values of a figure for standard normal deviates: two half-normals that meet at the likely one."""
    below = (range_.likely - range_.low) / Z_95
    above = (range_.high - range_.likely) / Z_95
    return np.maximum(
        0.0, range_.likely + np.where(deviates < 0, below * deviates, above * deviates)
    )


def drawn_factor(factor: float, deviates: Draws) -> Draws:
    """A factor around 1 whose 95 % interval is 1/factor to factor."""
    return np.asarray(np.exp(deviates / Z_95 * np.log(factor)))


def interval(likely: float, draws: Draws) -> Range:
    """The 95 % interval of the draws around the likely value, which it always contains."""
    usable = draws[np.isfinite(draws)]
    if usable.size == 0:
        return exactly(likely)
    low, high = np.percentile(usable, PERCENTILES)
    return Range(min(float(low), likely), likely, max(float(high), likely))


def significant(figure: float, digits: int) -> float:
    return float(f"{figure:.{digits - 1}e}")
