"""Bounds against published values, a closed form that others published, and their own logic."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quality import student_t
from engine.quality.intervals import PairedDifference, tango_lower, tango_z

Z95 = NormalDist().inv_cdf(0.95)


def _pairs(b: int, c: int, n: int) -> PairedDifference:
    return PairedDifference([-1.0] * b + [1.0] * c + [0.0] * (n - b - c), list(range(n)))


def _interval(b: int, c: int, n: int) -> tuple[float, float]:
    """The two-sided 95 % interval for (c − b) / n, as the publications give it."""
    critical = NormalDist().inv_cdf(0.975)
    return tango_lower(b, c, n, critical), -tango_lower(c, b, n, critical)


@pytest.mark.parametrize(
    ("b", "c", "n", "lower", "upper"),
    [
        # Fagerland, Lydersen, Laake, Statistics in Medicine 33 (2014): airway hyper-responsiveness.
        (7, 1, 21, -0.517, -0.026),
        # Newcombe, Statistics in Medicine 17 (1998), 2635: no disagreement leaves ± z²/(n + z²).
        (0, 0, 50, -0.0713, 0.0713),
    ],
)
def test_tangos_interval_is_the_published_one(
    b: int, c: int, n: int, lower: float, upper: float
) -> None:
    found = _interval(b, c, n)
    assert found == pytest.approx((lower, upper), abs=6e-4)


def _quartic_interval(b: int, c: int, n: int, confidence: float) -> list[float]:
    """Yang, Sun, Hardin (Statistics in Medicine 32, 2013): the limits as roots of a polynomial.

    z(δ)² = z*² with p̃ eliminated; the quartic's real roots hold both limits. Here d = b − c.
    """
    g = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    d, s = b - c, b + c
    coefficients = [
        n**2 * (n / g + 1) ** 2,
        -n * d * (n / g + 1) * (4 * n / g + 1),
        2 * n * d**2 * (3 * n / g + 2) / g - n**2 * (s / g + 1),
        n * d * (2 * s / g + 1) - d**3 * (4 * n / g + 1) / g,
        d**2 * (d**2 / g - s) / g,
    ]
    roots = np.roots(coefficients)
    # The polynomial is in the difference (b − c) / n, and a double root at 0 when b = c.
    return sorted(-float(r.real) for r in roots if abs(r.imag) < 1e-5)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_both_limits_solve_the_published_polynomial(data: st.DataObject) -> None:
    n = data.draw(st.integers(5, 400))
    b = data.draw(st.integers(0, n))
    c = data.draw(st.integers(0, n - b))
    lower, upper = _interval(b, c, n)
    roots = _quartic_interval(b, c, n, 0.95)
    assert min(abs(lower - r) for r in roots) < 2e-4
    assert min(abs(upper - r) for r in roots) < 2e-4


def test_at_no_difference_the_score_is_mcnemars() -> None:
    assert tango_z(0.0, 15, 5, 100) ** 2 == pytest.approx((15 - 5) ** 2 / (15 + 5))


@pytest.mark.parametrize(("n", "points"), [(50, 5.1), (100, 2.6), (200, 1.3)])
def test_no_disagreement_still_leaves_a_loss_open(n: int, points: float) -> None:
    assert -100 * _pairs(0, 0, n).lower(0.95) == pytest.approx(points, abs=0.05)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_more_losses_lower_the_bound_and_more_gains_raise_it(data: st.DataObject) -> None:
    n = data.draw(st.integers(3, 300))
    b = data.draw(st.integers(0, n - 1))
    c = data.draw(st.integers(0, n - 1 - b))
    bound = tango_lower(b, c, n, Z95)
    assert tango_lower(b + 1, c, n, Z95) < bound + 1e-9
    assert tango_lower(b, c + 1, n, Z95) > bound - 1e-9
    assert -1 <= bound <= (c - b) / n


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_swapping_the_contenders_mirrors_the_bounds(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 80))
    values = data.draw(
        st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=n, max_size=n)
    )
    clusters = data.draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))
    one, other = (
        PairedDifference(values, clusters),
        PairedDifference([-v for v in values], clusters),
    )
    if one.testable:
        assert one.lower(0.95) == pytest.approx(-other.upper(0.95), abs=1e-12)
        assert one.p_above(-0.05) == pytest.approx(other.p_below(0.05), abs=1e-12)


def test_a_tiny_difference_is_not_taken_for_a_certain_one() -> None:
    assert tango_z(-4.6e-232, 0, 0, 2) == pytest.approx(0, abs=1e-100)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_bound_lies_above_a_value_just_when_its_test_rejects_it(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 80))
    values = data.draw(
        st.lists(st.floats(-1, 1).map(lambda v: round(v, 2)), min_size=n, max_size=n)
    )
    clusters = data.draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))
    delta = data.draw(st.floats(-0.5, 0.5))
    difference = PairedDifference(values, clusters)
    if not difference.testable:
        return
    bound, p = difference.lower(0.95), difference.p_above(delta)
    if abs(bound - delta) > 1e-6:
        assert (bound > delta) == (p < 0.05)


def test_order_and_names_of_clusters_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    values = [float(v) for v in rng.choice([-1.0, 0.0, 1.0], 60, p=[0.1, 0.85, 0.05])]
    clusters = [int(c) for c in rng.integers(0, 15, 60)]
    first = PairedDifference(values, clusters)
    order = rng.permutation(60)
    second = PairedDifference([values[i] for i in order], [f"group {clusters[i]}" for i in order])
    assert first.lower(0.95) == pytest.approx(second.lower(0.95), abs=1e-12)


def test_cases_that_move_together_widen_the_interval() -> None:
    values = [-1.0] * 4 + [0.0] * 96
    apart = PairedDifference(values, [i % 50 for i in range(100)])
    together = PairedDifference(values, [i // 4 for i in range(100)])
    assert together.lower(0.95) < apart.lower(0.95) < _pairs(4, 0, 100).lower(0.95) + 0.01


def test_copies_of_a_case_add_no_evidence() -> None:
    once = _pairs(3, 1, 40)
    thrice = PairedDifference([-1.0] * 9 + [1.0] * 3 + [0.0] * 108, [i // 3 for i in range(120)])
    assert thrice.lower(0.95) <= once.lower(0.95) + 1e-9
    assert thrice.lower(0.95) == pytest.approx(once.lower(0.95), abs=0.01)


def test_identical_repeats_in_groups_do_not_claim_certainty() -> None:
    spotless = PairedDifference([0.0] * 60, [i // 3 for i in range(60)])
    assert spotless.standard_error == 0.0
    assert spotless.lower(0.95) < -0.10


def test_the_clustered_error_is_that_of_its_formula_and_of_a_t_test_on_single_cases() -> None:
    rng = np.random.default_rng(5)
    values = rng.uniform(-0.4, 0.4, 30)
    difference = PairedDifference(values.tolist(), list(range(30)))
    assert difference.standard_error == pytest.approx(float(scipy.stats.sem(values)))
    t = scipy.stats.ttest_1samp(values, -0.05, alternative="greater")
    assert difference.p_above(-0.05) >= float(t.pvalue) - 1e-12
    groups = [i // 5 for i in range(30)]
    grouped = PairedDifference(values.tolist(), groups)
    sums = (values - values.mean()).reshape(6, 5).sum(axis=1)
    assert grouped.standard_error == pytest.approx(math.sqrt((sums**2).sum() * 6 / 5) / 30)


def test_many_partial_scores_are_bounded_as_a_t_interval_bounds_them() -> None:
    values = np.random.default_rng(7).normal(-0.01, 0.08, 400)
    difference = PairedDifference(values.tolist(), list(range(400)))
    low = float(values.mean() - scipy.stats.t.ppf(0.95, 399) * scipy.stats.sem(values))
    assert difference.lower(0.95) == pytest.approx(low, abs=0.001)
    assert difference.lower(0.95) <= low + 1e-12


def test_one_group_alone_allows_no_bound() -> None:
    assert not PairedDifference([0.0, -1.0, 0.0], ["a", "a", "a"]).testable
    assert _pairs(0, 0, 1).testable


@settings(max_examples=200, deadline=None)
@given(t=st.floats(-60, 60), df=st.integers(1, 600))
def test_students_t_is_scipys(t: float, df: int) -> None:
    assert student_t.cumulative(t, df) == pytest.approx(float(scipy.stats.t.cdf(t, df)), abs=1e-10)


@settings(max_examples=100, deadline=None)
@given(p=st.floats(0.001, 0.999), df=st.integers(1, 600))
def test_its_quantiles_are_scipys(p: float, df: int) -> None:
    expected = float(scipy.stats.t.ppf(p, df))
    assert student_t.quantile(p, df) == pytest.approx(expected, rel=1e-8, abs=1e-10)


def _exact_coverage(n: int, losing: float, gaining: float) -> float:
    """The probability of all outcomes whose lower bound lies at or below the true difference."""
    covered = 0.0
    for b in range(int(n * losing + 10 * math.sqrt(n * losing) + 10)):
        for c in range(int(n * gaining + 10 * math.sqrt(n * gaining) + 10)):
            if b + c <= n:
                p = [losing, gaining, 1 - losing - gaining]
                weight = float(scipy.stats.multinomial.pmf([b, c, n - b - c], n, p))
                if weight > 1e-9 and tango_lower(b, c, n, Z95) <= gaining - losing + 1e-12:
                    covered += weight
    return covered


@pytest.mark.parametrize(
    ("n", "losing", "gaining"), [(20, 0.1, 0.1), (50, 0.075, 0.025), (100, 0.03, 0.02)]
)
def test_tangos_bound_holds_at_least_94_times_in_100(n: int, losing: float, gaining: float) -> None:
    assert 0.94 <= _exact_coverage(n, losing, gaining) < 0.99


def test_grouped_bounds_hold_where_a_t_interval_fails() -> None:
    """20 groups of 3 that flip together in 1 case of 20, always for the worse."""
    rng = np.random.default_rng(11)
    t = student_t.quantile(0.95, 19)
    held = alone = 0
    for _ in range(300):
        lost = rng.random(20) < 0.05
        difference = PairedDifference(
            np.repeat(-lost.astype(float), 3).tolist(), [i // 3 for i in range(60)]
        )
        held += difference.lower(0.95) <= -0.05
        alone += difference.mean - t * (difference.standard_error or 0.0) <= -0.05
    assert held / 300 >= 0.94
    assert alone / 300 < 0.80
