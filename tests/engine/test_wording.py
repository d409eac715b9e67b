"""Figures as text, with a few that no machine makes but an imported session may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cost.ranges import significant
from engine.energy.tdp import two_digits
from engine.wording import NONE, count, digits_text, probability, thousands

GROUPED = "12,345"


def test_every_grouped_figure_is_grouped_alike() -> None:
    assert thousands(12345) == GROUPED
    assert count(12345, "reply") == f"{GROUPED} replies"
    assert digits_text(12345, 5) == GROUPED


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.997, "100 %"), (0.54, "54 %"), (0.0067, "0.7 %"), (0.0004, "< 0.1 %"), (0.0, "0.0 %")],
)
def test_a_small_probability_is_not_rounded_to_nothing(fraction: float, text: str) -> None:
    assert probability(fraction) == text


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (1.7976931348623157e308, "1.8e308"),
        (-1e300, "-1.0e300"),
        (5e-324, f"0.{'0' * 323}49"),
        (float("inf"), "∞"),
        (float("nan"), NONE),
    ],
)
def test_a_figure_that_cannot_be_is_shown_all_the_same(figure: float, text: str) -> None:
    assert digits_text(figure) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 6))
def test_any_figure_can_be_rounded_and_shown(figure: float, digits: int) -> None:
    assert digits_text(figure, digits)
    assert two_digits(figure) == pytest.approx(figure, rel=0.051) or abs(figure) > 1.7e308
    assert significant(figure, digits) == pytest.approx(figure, rel=0.51) or abs(figure) > 1.5e308
