"""Capacity, growth, paid models and hardware: what a volume costs."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cost.assumptions import Hardware
from engine.cost.report import cost_report
from tests.cost.reports import API, costs, likely, steady
from tests.cost.sessions import assumptions


def test_beyond_capacity_nothing_is_priced_and_it_says_so() -> None:
    """By hand: 2 s a request are 43,200 a day at the most."""
    cost = costs(cost_report(steady(seconds=2.0), assumptions(requests_per_day=50_000.0)))["A"]
    assert cost.per_month is None
    assert cost.per_year is None
    assert "does not fit" in cost.absent["per_month"]
    assert "43,200" in cost.absent["per_month"]
    assert cost.per_request is not None
    assert cost.capacity is not None
    assert cost.capacity.fit == "does not fit"
    assert cost.capacity.machines_needed == 2


def test_as_many_machines_as_it_takes_are_priced() -> None:
    cost = costs(
        cost_report(steady(seconds=2.0), assumptions(requests_per_day=50_000.0, machines=None))
    )["A"]
    assert cost.per_month is not None
    assert cost.capacity is not None
    assert cost.capacity.machines == 2


@settings(max_examples=25, deadline=None)
@given(volume=st.floats(1, 20_000), factor=st.floats(1.0, 2.0))
def test_costs_grow_in_proportion_until_capacity(volume: float, factor: float) -> None:
    one, more = (
        costs(cost_report(SAME, assumptions(requests_per_day=each)))["A"]
        for each in (volume, volume * factor)
    )
    assert likely(more.per_year) == pytest.approx(factor * likely(one.per_year), rel=0.02)
    assert likely(more.per_request) == likely(one.per_request)


SAME = steady()


def test_growth_is_followed_until_the_year_that_does_not_fit() -> None:
    """By hand: 30,000 a day doubled are 60,000, where 43,200 fit."""
    cost = costs(
        cost_report(
            steady(seconds=2.0),
            assumptions(requests_per_day=30_000.0, growth_percent_per_year=100.0),
        )
    )["A"]
    first, second, third = cost.years
    assert first.money is not None
    assert second.money is None
    assert "does not fit" in second.absent["money"]
    assert second.requests_per_day == 60_000
    assert third.machines_needed == 4


def test_a_paid_model_is_priced_for_the_same_tokens() -> None:
    """By hand: 100 · 3 + 50 · 15 = 1,050 millionths."""
    cost = costs(cost_report(steady(), assumptions(paid=(API,))))["API"]
    assert cost.kind == "paid"
    assert likely(cost.per_request) == pytest.approx(0.00105)
    assert cost.co2e_g_per_request is None
    assert cost.absent["co2e_g_per_request"]


def test_a_cached_prompt_is_cheaper() -> None:
    """By hand: half of 100 tokens at 3, half at 0.3, 50 at 15: 915 millionths."""
    cost = costs(cost_report(steady(), assumptions(paid=(API,), cached_share=0.5)))["API"]
    assert likely(cost.per_request) == pytest.approx(0.000915)


def test_a_foreign_currency_asks_for_an_exchange_rate() -> None:
    dollars = msgspec.structs.replace(API, currency="USD")
    cost = costs(cost_report(steady(), assumptions(paid=(dollars,))))["API"]
    assert cost.per_request is None
    assert "USD" in cost.absent["per_request"]
    converted = cost_report(steady(), assumptions(paid=(dollars,), exchange={"USD": 0.5}))
    assert likely(costs(converted)["API"].per_request) == pytest.approx(0.000525)


def test_hardware_breaks_even_at_the_volume_and_after_the_days_of_hand() -> None:
    """By hand: 0.00105 − 0.00003 saved a request; 1,022 € / (1,000 · 365 · 0.00102)."""
    hardware = Hardware(price=1022.0, years=4)
    report = cost_report(
        steady(joules=360.0), assumptions(paid=(API,), hardware=hardware, tokenizer_percent=0.0)
    )
    (against,) = costs(report)["A"].break_even
    assert against.requests_per_day == pytest.approx(1022 / (4 * 365 * 0.00102), rel=1e-3)
    assert against.days == pytest.approx(1022 / (1000 * 0.00102), rel=1e-3)
    assert against.days is not None
    assert against.days_low is not None
    assert against.days_high is not None
    assert against.days_low <= against.days <= against.days_high


def test_hardware_never_pays_against_a_cheaper_api() -> None:
    cheap = msgspec.structs.replace(API, prompt=0.0, output=0.0001, cached=None)
    report = cost_report(
        steady(joules=3600.0), assumptions(paid=(cheap,), hardware=Hardware(price=1000.0))
    )
    (against,) = costs(report)["A"].break_even
    assert against.days is None
    assert "never pays" in against.absent["days"]


def test_a_break_even_beyond_what_the_hardware_serves_is_none() -> None:
    report = cost_report(
        steady(seconds=100.0), assumptions(paid=(API,), hardware=Hardware(price=50_000.0))
    )
    (against,) = costs(report)["A"].break_even
    assert against.requests_per_day is None
    assert "more requests a day" in against.absent["requests_per_day"]
