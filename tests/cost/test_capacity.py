"""Queues: textbook values, a simulation, and the limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cost.capacity import capacity, erlang_c, mean_wait_s, simulated_waits_s
from tests.cost.sessions import assumptions


def test_constant_service_waits_half_as_long_as_exponential() -> None:
    """Pollaczek–Khinchine: M/D/1 at load 0.8 and 1 s waits 0.8 / (2 · 0.2) = 2 s, M/M/1 4 s."""
    constant = np.full(100, 1.0)
    assert mean_wait_s(constant, 0.8, 1) == pytest.approx(2.0)
    exponential = np.random.default_rng(1).exponential(1.0, 400_000)
    assert mean_wait_s(exponential, 0.8, 1) == pytest.approx(4.0, rel=0.05)


def test_erlang_c_agrees_with_its_published_table() -> None:
    """Two servers offered 1 erlang: 1/3; ten offered 7: 0.2217 (Erlang C tables)."""
    assert erlang_c(1, 0.6) == pytest.approx(0.6)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(10, 7.0) == pytest.approx(0.2217, abs=2e-4)


@pytest.mark.parametrize("machines", [1, 2, 4])
@pytest.mark.parametrize("load", [0.3, 0.7, 0.85])
def test_the_formula_agrees_with_the_simulation(machines: int, load: float) -> None:
    service = np.random.default_rng(2).gamma(2.0, 1.5, 500)
    arrivals = load * machines / float(service.mean())
    simulated = simulated_waits_s(service, arrivals, machines, requests=200_000).mean()
    assert mean_wait_s(service, arrivals, machines) == pytest.approx(simulated, rel=0.15, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(load=st.floats(0.05, 0.9), spread=st.floats(0.0, 1.0))
def test_waits_grow_with_load_and_with_spread(load: float, spread: float) -> None:
    even = np.full(50, 2.0)
    uneven = np.where(np.arange(50) % 2, 2.0 + 1.9 * spread, 2.0 - 1.9 * spread)
    assert mean_wait_s(uneven, load / 2, 1) >= mean_wait_s(even, load / 2, 1) - 1e-9
    assert mean_wait_s(even, load / 2, 1) >= mean_wait_s(even, load / 4, 1)


def test_at_full_load_it_does_not_fit_and_no_wait_is_told() -> None:
    served = capacity(np.full(5, 2.0), assumptions(), 43_200.0)
    assert served.fit == "does not fit"
    assert served.mean_wait_s is None
    assert served.absent["mean_wait_s"]


def test_between_the_busiest_share_and_full_it_fits_with_long_waits() -> None:
    served = capacity(np.full(5, 2.0), assumptions(), 40_000.0)
    assert served.fit == "fits with long waits"
    assert served.machines_needed == 2
    assert served.p95_wait_s is not None


def test_office_hours_squeeze_the_same_requests_together() -> None:
    whole = capacity(np.full(5, 2.0), assumptions(), 14_000.0)
    office = capacity(np.full(5, 2.0), assumptions(hours_per_day=8.0), 14_000.0)
    assert whole.utilisation == pytest.approx(14_000 * 2 / 86_400)
    assert office.utilisation == pytest.approx(3 * whole.utilisation)
    assert office.requests_per_day == pytest.approx(14_400)


def test_a_measured_batched_speed_raises_what_fits() -> None:
    served = capacity(np.full(5, 2.0), assumptions(batched_requests_per_s=3.0), 100_000.0)
    assert served.fit == "does not fit"
    assert served.batched_requests_per_day == pytest.approx(3 * 86_400 * 0.8)
    assert served.batched_machines_needed == 1


def test_without_requests_nobody_waits() -> None:
    served = capacity(np.full(5, 2.0), assumptions(), 0.0)
    assert served.mean_wait_s == 0
    assert served.p95_wait_s == 0
