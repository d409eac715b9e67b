from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import Verdict
from engine.errors import PlanError
from engine.quality.planning import cases_needed
from engine.quality.sentences import sentence, told_lower_bound, told_upper_bound
from engine.quality.verdict import Comparison, PairedCase, says_nothing, verdicts


def _comparison(
    b: int, c: int, n: int, *, name: str = "Q4_K_M", critical: bool = False, cluster: int = 1
) -> Comparison:
    outcomes = [(1.0, 0.0)] * b + [(0.0, 1.0)] * c + [(1.0, 1.0)] * (n - b - c)
    return Comparison(
        reference="Q8_0",
        contender=name,
        cases=tuple(
            PairedCase(
                case=f"case-{i}",
                cluster=f"{i // cluster}",
                reference=reference,
                candidate=candidate,
                vetoes=critical and i == 0,
            )
            for i, (reference, candidate) in enumerate(outcomes)
        ),
    )


def _verdict(b: int, c: int, n: int, margin: float = 0.05, **more: bool | int) -> Verdict:
    (found,) = verdicts([_comparison(b, c, n, **more)], margin)  # type: ignore[arg-type]
    return found


def test_the_four_outcomes() -> None:
    assert _verdict(3, 20, 100).outcome == "better"
    assert _verdict(2, 2, 200).outcome == "non-inferior"
    assert _verdict(30, 2, 100).outcome == "worse"
    assert _verdict(4, 2, 60).outcome == "undecided"


def _weak_reference(passes: int, loses: int, gains: int, n: int) -> Comparison:
    """The reference passes so many of n, of which the candidate loses some, and gains others."""
    both = [(1.0, 1.0)] * (passes - loses) + [(0.0, 0.0)] * (n - passes - gains)
    outcomes = [(1.0, 0.0)] * loses + [(0.0, 1.0)] * gains + both
    cases = tuple(
        PairedCase(case=f"case-{i}", cluster=f"{i}", reference=reference, candidate=candidate)
        for i, (reference, candidate) in enumerate(outcomes)
    )
    return Comparison(reference="Q8_0", contender="Q4_K_M", cases=cases)


def test_a_margin_that_the_reference_itself_does_not_exceed_makes_nobody_good_enough() -> None:
    (found,) = verdicts([_weak_reference(4, 3, 0, 40)], 0.2)
    assert found.lower_bound is not None
    assert found.lower_bound > -0.2
    assert (found.outcome, found.cases_missing) == ("undecided", None)
    said = sentence(found)
    assert "such a margin decides nothing here." in said
    assert "Q8_0 itself passes only 10 %, which is within your margin" in said
    assert "more case" not in said
    assert "Q8_0 itself scores only 10 %" in sentence(found, "score")


def test_two_models_that_pass_nothing_are_not_good_enough_for_each_other() -> None:
    (found,) = verdicts([_weak_reference(0, 0, 0, 200)], 0.05)
    assert found.outcome == "undecided"


def test_a_gain_over_a_weak_reference_is_a_gain_all_the_same() -> None:
    (found,) = verdicts([_weak_reference(2, 0, 30, 100)], 0.05)
    assert found.outcome == "better"
    assert "itself passes" not in sentence(found)


def test_a_margin_below_what_the_reference_passes_is_an_ordinary_one() -> None:
    (found,) = verdicts([_weak_reference(30, 0, 0, 200)], 0.05)
    assert found.outcome == "non-inferior"
    assert "itself passes" not in sentence(found)


def test_where_nothing_was_compared_the_run_is_missing_and_no_further_cases() -> None:
    nothing = Comparison(reference="Q8_0", contender="Q4_K_M", cases=(), unscored=40)
    (found,) = verdicts([nothing], 0.05)
    assert found.cases_missing is None
    said = sentence(found)
    assert said.endswith(
        "40 cases without a score are left out; if the run was stopped, finish it."
    )
    assert "more case" not in said


def test_losing_something_for_sure_but_perhaps_less_than_the_margin_is_not_worse() -> None:
    found = _verdict(9, 0, 120, margin=0.08)
    assert found.upper_bound is not None
    assert found.upper_bound < 0
    assert found.outcome == "undecided"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_outcome_and_bounds_never_contradict_each_other(data: st.DataObject) -> None:
    comparisons = []
    for i in range(data.draw(st.integers(1, 4))):
        n = data.draw(st.integers(1, 200))
        b = data.draw(st.integers(0, n))
        c = data.draw(st.integers(0, n - b))
        comparisons.append(_comparison(b, c, n, name=f"candidate {i}"))
    margin = data.draw(st.floats(0.01, 0.3))
    for found in verdicts(comparisons, margin):
        assert found.lower_bound is not None
        assert found.upper_bound is not None
        if abs(found.lower_bound + margin) > 1e-6 and not says_nothing(
            found.reference_mean, margin
        ):
            good_enough = found.outcome in {"better", "non-inferior"}
            assert (found.lower_bound > -margin) == good_enough
        if found.outcome == "better":
            assert found.lower_bound > -1e-9
        if abs(found.upper_bound + margin) > 1e-6:
            assert (found.upper_bound < -margin) == (found.outcome == "worse")


def test_the_bound_of_what_is_better_is_the_one_that_its_claim_was_tested_at() -> None:
    """The second step of Holm's procedure for "better" is the first one for "good enough"."""
    counts = [(0, 6, 6), (27, 46, 73), (0, 0, 1), (0, 0, 1)]
    compared = [_comparison(*each, name=f"{i}") for i, each in enumerate(counts)]
    found = verdicts(compared, 0.25)[1]
    assert found.outcome == "better"
    assert found.confidence == pytest.approx(1 - 0.05 / 3)
    assert found.lower_bound is not None
    assert found.lower_bound > 0


def test_figures_are_the_counts() -> None:
    found = _verdict(7, 1, 21)
    assert (found.n, found.b, found.c) == (21, 7, 1)
    assert found.difference == pytest.approx(-6 / 21)
    assert found.reference_mean == pytest.approx(20 / 21)
    assert found.contender_mean == pytest.approx(14 / 21)
    assert found.method == "tango"


@pytest.mark.parametrize(("margin", "cases"), [(0.10, 62), (0.05, 247), (0.03, 687)])
def test_cases_needed_at_ten_percent_flips(margin: float, cases: int) -> None:
    assert cases_needed(0.10, margin) == cases


def test_undecided_says_how_many_more_cases_would_settle_it() -> None:
    found = _verdict(3, 3, 60)
    assert found.outcome == "undecided"
    assert found.cases_needed == 247
    assert found.cases_missing == 187


def test_no_number_of_cases_helps_a_contender_that_loses_the_margin() -> None:
    found = _verdict(22, 6, 300)
    assert found.outcome == "undecided"
    assert found.difference is not None
    assert found.difference < -0.05
    assert found.cases_needed is None
    assert found.cases_missing is None
    assert "more cases are unlikely to make it good enough" in sentence(found)


def test_with_that_many_cases_run_the_observed_loss_decides_how_many_more() -> None:
    found = _verdict(14, 6, 260)
    assert found.outcome == "undecided"
    assert found.cases_needed is not None
    assert found.cases_needed > 260


def test_planned_cases_reach_the_planned_power() -> None:
    """With no true loss and 10 % flips, 247 cases show non-inferiority at 5 points 4 times in 5."""
    n, flips = 247, 0.10
    good = 0.0
    for b, c in itertools.product(range(45), repeat=2):
        weight = _multinomial(n, b, c, flips / 2)
        if weight > 1e-7 and _verdict(b, c, n).outcome in {"better", "non-inferior"}:
            good += weight
    assert 0.77 < good < 0.85


def _multinomial(n: int, b: int, c: int, p: float) -> float:
    from scipy.stats import multinomial

    return float(multinomial.pmf([b, c, n - b - c], n, [p, p, 1 - 2 * p]))


def test_a_critical_case_vetoes_whatever_the_average_says() -> None:
    found = _verdict(1, 40, 200, critical=True)
    assert found.outcome == "worse"
    assert found.vetoed_by == ("case-0",)
    assert found.lower_bound is not None
    assert found.lower_bound > 0
    assert sentence(found) == (
        "On 200 of your cases Q4_K_M passes 39 more than Q8_0; but it fails the critical case "
        "“case-0”, which Q8_0 passes: not good enough, whatever the average says."
    )


def test_several_candidates_share_the_risk_of_a_wrong_claim() -> None:
    alone = _verdict(5, 3, 130, margin=0.06)
    assert alone.outcome == "non-inferior"
    three = verdicts([_comparison(5, 3, 130, name=f"candidate {i}") for i in range(3)], 0.06)
    assert [v.outcome for v in three] == ["undecided"] * 3
    assert {round(v.confidence, 4) for v in three} == {0.9833}


def test_holm_gives_the_later_candidates_the_risk_that_the_first_left() -> None:
    clear, close = _comparison(0, 0, 400, name="clear"), _comparison(5, 3, 130, name="close")
    first, second = verdicts([close, clear], 0.06)
    assert first.outcome == "non-inferior"
    assert first.confidence == pytest.approx(0.95)
    assert second.confidence == pytest.approx(0.975)


def test_groups_are_counted_as_groups() -> None:
    found = _verdict(4, 0, 120, cluster=4)
    assert found.method == "clustered"
    assert found.clusters == 30
    single = _verdict(4, 0, 120)
    assert found.lower_bound is not None
    assert single.lower_bound is not None
    assert found.lower_bound < single.lower_bound
    assert "The cases form 30 groups" in sentence(found)


def test_one_group_allows_no_verdict() -> None:
    found = _verdict(0, 0, 50, cluster=50)
    assert found.outcome == "undecided"
    assert found.lower_bound is None
    assert "one group" in sentence(found)


def test_no_case_in_common_allows_no_verdict() -> None:
    empty = Comparison(reference="Q8_0", contender="Q4_K_M", cases=(), unscored=3)
    (found,) = verdicts([empty], 0.05)
    assert found.outcome == "undecided"
    assert found.difference is None
    assert sentence(found).startswith("No case has a score for both Q4_K_M and Q8_0")


@pytest.mark.parametrize("margin", [0.0, -0.05, 1.0, 5.0])
def test_a_margin_that_is_no_loss_is_refused(margin: float) -> None:
    with pytest.raises(PlanError, match="margin"):
        verdicts([_comparison(0, 0, 10)], margin)


def test_the_sentence_for_a_finance_director() -> None:
    assert sentence(_verdict(4, 2, 200)) == (
        "On 200 of your cases Q4_K_M passes 2 fewer than Q8_0; with 95 % confidence it loses less "
        "than 3.5 points; your margin is 5: good enough."
    )


def test_the_sentence_for_a_spotless_but_small_suite() -> None:
    assert sentence(_verdict(0, 0, 50)) == (
        "On 50 of your cases Q4_K_M passes as many as Q8_0; with 95 % confidence it may lose up to "
        "5.1 points; your margin is 5: not enough cases. About 2 more cases should settle it, if "
        "it really loses nothing. No case came out differently; that many cases still leave a loss "
        "of 5.1 points open."
    )


def test_a_loss_just_above_the_margin_does_not_read_as_the_margin() -> None:
    found = _verdict(0, 0, 51)
    assert found.lower_bound is not None
    assert -found.lower_bound > 0.05
    assert "up to 5.1 points; your margin is 5:" in sentence(found)
    assert told_lower_bound(found) == -0.051


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
def test_a_bound_beside_the_sentence_reads_as_in_it(b: int, c: int, same: int) -> None:
    found = _verdict(b, c, b + c + same + 1)
    bound = told_upper_bound(found) if found.outcome == "worse" else told_lower_bound(found)
    assert bound is not None
    if bound:
        assert f" {abs(bound) * 100:.3g} point" in sentence(found)


def test_the_sentence_tells_of_overruled_and_missing_scores() -> None:
    comparison = _comparison(0, 0, 100)
    marked = Comparison(
        reference="Q8_0", contender="Q4_K_M", cases=comparison.cases, unscored=1, overruled=2
    )
    (found,) = verdicts([marked], 0.05)
    assert sentence(found).endswith(
        "1 case without a score is left out. 2 checks were overruled by hand."
    )


def test_cases_that_no_check_could_judge_are_not_said_to_wait_for_a_run() -> None:
    comparison = _comparison(3, 2, 20)
    marked = msgspec.structs.replace(comparison, unscored=3, unjudged=1)
    (found,) = verdicts([marked], 0.05)
    assert sentence(found).endswith(
        "1 case is left out, as no check could judge it. "
        "2 cases without a score are left out; if the run was stopped, finish it."
    )
    (found,) = verdicts([msgspec.structs.replace(marked, unjudged=3)], 0.05)
    assert sentence(found).endswith("3 cases are left out, as no check could judge them.")


def test_thousands_of_cases_are_grouped() -> None:
    found = _verdict(300, 300, 2000)
    assert sentence(found).startswith("On 2,000 of your cases ")


def test_partial_scores_are_compared_in_points() -> None:
    cases = tuple(
        PairedCase(case=f"{i}", cluster=f"{i}", reference=0.8, candidate=0.8 - 0.01 * (i % 3))
        for i in range(100)
    )
    (found,) = verdicts([Comparison(reference="Q8_0", contender="Q4_K_M", cases=cases)], 0.05)
    assert found.method == "clustered"
    assert found.outcome == "non-inferior"
    assert "scores 1 point lower than Q8_0 on average" in sentence(found)
