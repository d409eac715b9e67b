"""The energy curve: additive, never negative, and void where the sensor was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.energy.trace import KEPT_S, Trace, Void
from engine.energy.zones import Zone

MODULUS = 262_143.328851


def counter(modulus: float | None = None) -> Zone:
    return Zone(
        key="z",
        name="zone",
        source="test",
        covers="cpu",
        kind="counter",
        label="measured",
        step_s=0.001,
        modulus_joules=modulus,
    )


def power() -> Zone:
    return Zone(
        key="p",
        name="zone",
        source="test",
        covers="gpu",
        kind="power",
        label="sampled",
        step_s=0.2,
    )


def filled(zone: Zone, samples: list[tuple[float, float | None]]) -> Trace:
    trace = Trace(zone)
    for time_s, value in samples:
        trace.add(time_s, value)
    return trace


steps = st.lists(st.tuples(st.floats(0.01, 1.5), st.floats(0.001, 900.0)), min_size=2, max_size=60)
moments = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))


@given(steps=steps, at=moments, start=st.floats(0, MODULUS - 1e-3))
def test_the_energies_of_neighbouring_windows_add_up(
    steps: list[tuple[float, float]], at: tuple[float, float, float], start: float
) -> None:
    trace, span_s, _ = driven(counter(MODULUS), steps, start)
    first, middle, last = (span_s * share for share in sorted(at))
    left, right, both = (
        trace.joules(first, middle),
        trace.joules(middle, last),
        trace.joules(first, last),
    )
    assert not isinstance(left, Void)
    assert not isinstance(right, Void)
    assert not isinstance(both, Void)
    assert left + right == pytest.approx(both, abs=1e-6)


@given(steps=steps, start=st.floats(0, MODULUS - 1e-3))
def test_a_counter_that_wraps_anywhere_loses_nothing(
    steps: list[tuple[float, float]], start: float
) -> None:
    trace, span_s, true_joules = driven(counter(MODULUS), steps, start)
    assert trace.joules(0, span_s) == pytest.approx(true_joules, rel=1e-6, abs=1e-4)


@given(
    values=st.lists(st.one_of(st.none(), st.floats(0, 1e9)), min_size=2, max_size=40),
    kind=st.sampled_from(["plain", "wrapping", "power"]),
)
def test_energy_is_never_negative_whatever_a_sensor_says(
    values: list[float | None], kind: str
) -> None:
    zone = {"plain": counter(), "wrapping": counter(MODULUS), "power": power()}[kind]
    trace = filled(zone, [(0.2 * index, value) for index, value in enumerate(values)])
    for begin in range(len(values)):
        for end in range(begin, len(values)):
            joules = trace.joules(0.2 * begin, 0.2 * end)
            assert isinstance(joules, Void) or joules >= 0


@given(steps=steps, at=moments)
def test_the_power_of_any_window_lies_between_the_least_and_the_most(
    steps: list[tuple[float, float]], at: tuple[float, float, float]
) -> None:
    """Elsewhere a tiny interval turned into megawatts."""
    trace, span_s, _ = driven(counter(), steps, 0.0)
    begin_s, _, end_s = (span_s * share for share in sorted(at))
    joules = trace.joules(begin_s, end_s)
    assert not isinstance(joules, Void)
    assert joules <= max(watts for _, watts in steps) * (end_s - begin_s) + 1e-6


def driven(
    zone: Zone, steps: list[tuple[float, float]], start: float
) -> tuple[Trace, float, float]:
    """A trace of a counter driven by (seconds, watts), its length, and the true joules."""
    trace = Trace(zone)
    now_s, joules = 0.0, 0.0
    trace.add(now_s, start)
    for seconds, watts in steps:
        now_s += seconds
        joules += seconds * watts
        value = start + joules
        trace.add(now_s, value % zone.modulus_joules if zone.modulus_joules else value)
    return trace, now_s, joules


def test_sampled_power_is_integrated_between_the_samples() -> None:
    trace = filled(power(), [(0.0, 100.0), (1.0, 200.0), (2.0, 200.0)])
    assert trace.joules(0, 2) == pytest.approx(150 + 200)


def test_power_that_was_not_sampled_for_a_while_is_not_extrapolated() -> None:
    """Elsewhere 10 ms of power stood for 15 s: 0.035 instead of 2.2 Wh (mlco2/codecarbon#117)."""
    trace = filled(power(), [(0.0, 5.0), (0.2, 5.0), (15.2, 300.0), (15.4, 300.0)])
    assert isinstance(trace.joules(0, 15.4), Void)
    assert trace.joules(15.2, 15.4) == pytest.approx(60)


def test_a_window_before_the_first_or_after_the_last_sample_is_void() -> None:
    trace = filled(counter(), [(10.0, 0.0), (11.0, 40.0)])
    assert isinstance(trace.joules(9.0, 10.5), Void)
    assert isinstance(trace.joules(10.5, 11.5), Void)


def test_a_reading_smaller_than_the_last_one_is_discarded_not_counted() -> None:
    """A GPU counts since its driver was loaded; a reload starts again."""
    trace = filled(counter(), [(0.0, 5000.0), (1.0, 5100.0), (2.0, 40.0), (3.0, 140.0)])
    assert isinstance(trace.joules(1.0, 2.0), Void)
    assert trace.joules(2.0, 3.0) == pytest.approx(100)


def test_the_median_power_ignores_a_short_burst() -> None:
    values = [30.0] * 20 + [300.0] * 3 + [30.0] * 20
    trace = filled(power(), [(0.2 * index, value) for index, value in enumerate(values)])
    assert trace.watts(0, 8.4) == pytest.approx(30, rel=0.01)


def test_an_hour_of_samples_is_kept_and_older_ones_are_let_go() -> None:
    last_s = int(2.5 * KEPT_S)
    trace = filled(counter(), [(float(s), 40.0 * s) for s in range(0, last_s + 1, 5)])
    assert isinstance(trace.joules(0, 20), Void)
    assert trace.joules(last_s - KEPT_S, last_s) == pytest.approx(40 * KEPT_S)
