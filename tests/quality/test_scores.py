"""From replies to scores, from scores to a verdict."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import (
    Case,
    CaseScore,
    Contender,
    Likelihood,
    Message,
    ModelFile,
    Reply,
    Timing,
    TokenLogprob,
)
from engine.quality.checks.parse import parse_checks
from engine.quality.choices import choice_words, choose, score_choices
from engine.quality.pairing import compare, flips, verdicts_on
from engine.quality.scores import checks_not_run, overrule, overruled_checks, score_reply
from engine.quality.sentences import sentence
from engine.quality.standings import TradeOff, pareto_front, share_interval, standing
from engine.quality.suite import Suite
from engine.suite import assess


def _case(name: str, *checks: dict[str, object], **more: object) -> Case:
    question = (Message(role="user", content="Say yes"),)
    return Case(id=name, messages=question, checks=parse_checks(list(checks)), **more)  # type: ignore[arg-type]


YES: dict[str, object] = {"type": "icontains", "value": "yes"}


def _reply(text: str, **more: object) -> Reply:
    values = {"contender": "Q4", "case": "a", "repeat": 0, "finish_reason": "stop", **more}
    return Reply(text=text, **values)  # type: ignore[arg-type]


def test_a_score_keeps_what_was_found_where() -> None:
    score = score_reply(_case("a", YES, {"type": "word-count", "value": 3}), _reply("Oh, yes"))
    assert (score.passed, score.score) == (False, 0.5)
    first, second = score.checks
    assert [(span.start, span.text) for span in first.evidence] == [(4, "yes")]
    assert second.reason == "2 words; wanted exactly 3."


def test_a_contender_without_a_reply_has_failed_the_case() -> None:
    score = score_reply(_case("a", YES), _reply("", finish_reason="error", error="out of memory"))
    assert score.passed is False
    assert score.reason == "There is no reply: out of memory"


def test_a_multiple_choice_that_failed_is_a_failed_case_and_a_stopped_one_has_no_score() -> None:
    case = _case("a", continuations=(" blue", " x"), right=0)
    suite = Suite(name="s", cases=(case,))
    contenders = tuple(
        Contender(name=name, model=ModelFile(path=name, file=name, size_bytes=1))
        for name in ("Q8", "Q4", "Q2")
    )
    measured = (
        Likelihood(log_likelihood=-1.0, tokens=1),
        Likelihood(log_likelihood=-2.0, tokens=1),
    )
    replies = (
        _reply("", contender="Q8", likelihoods=measured),
        _reply("", finish_reason="error", error="it crashed"),
        _reply("", contender="Q2", finish_reason="stopped"),
    )
    found = assess(suite, contenders, replies)
    assert [score.passed for score in found.scores] == [True, False, None]
    assert found.scores[1].reason == "There is no reply: it crashed"
    assert (found.verdicts[0].n, found.verdicts[0].b) == (1, 1)


def test_a_stopped_reply_and_a_case_without_checks_have_no_score() -> None:
    stopped = score_reply(_case("a", YES), _reply("yes", finish_reason="stopped"))
    unchecked = score_reply(_case("a"), _reply("yes"))
    assert (stopped.passed, unchecked.passed) == (None, None)
    assert unchecked.reason == "The case has no checks."


def test_a_latency_that_was_shared_is_not_held_against_a_limit() -> None:
    case = _case("a", {"type": "latency", "threshold": 1000})
    alone = score_reply(case, _reply("x", timing=Timing(total_s=0.5)))
    shared = score_reply(case, _reply("x", timing=Timing(total_s=0.5, shared=True)))
    batched = score_reply(case, _reply("x", timing=Timing(absent={"total_s": "made in a batch"})))
    assert alone.passed is True
    alone_only = "; run one case at a time to have it."
    assert shared.checks[0].reason.endswith(f"made at the same time{alone_only}")
    assert batched.checks[0].reason == f"No latency to check: made in a batch{alone_only}"


def test_costs_and_log_probabilities_reach_the_checks() -> None:
    case = _case("a", {"type": "cost", "threshold": 0.01}, {"type": "perplexity", "threshold": 2.0})
    tokens = tuple(TokenLogprob(token=i, text="x", logprob=-0.5) for i in range(3))
    score = score_reply(case, _reply("x", logprobs=tokens), cost=0.005)
    assert score.passed is True


def test_a_person_overrules_a_check_with_a_reason() -> None:
    score = score_reply(_case("a", YES), _reply("Certainly"))
    changed = overrule(score, 0, True, " It means yes. ")
    assert (score.passed, changed.passed, changed.score) == (False, True, 1.0)
    assert changed.checks[0].overruled == "It means yes."
    assert overruled_checks([score, changed]) == 1
    with pytest.raises(ValueError, match="reason"):
        overrule(score, 0, True, "  ")


def test_overruling_follows_the_threshold_of_the_case() -> None:
    score = score_reply(_case("a", YES, YES, YES, threshold=0.6), _reply("no"))
    assert overrule(overrule(score, 0, True, "so"), 1, True, "so").passed is True


def test_checks_that_were_not_run_are_counted_by_name() -> None:
    rubric: dict[str, object] = {"type": "llm-rubric", "value": "nice"}
    inside: dict[str, object] = {"type": "assert-set", "assert": [YES, rubric]}
    scores = [score_reply(_case("a", YES, rubric, inside), _reply("yes")) for _ in range(2)]
    ((line, count),) = checks_not_run(scores).items()
    assert line.startswith("llm-rubric: It needs a model")
    assert count == 4


def _scores(contender: str, outcomes: dict[str, list[bool | None]]) -> list[CaseScore]:
    return [
        CaseScore(
            contender=contender,
            case=case,
            repeat=i,
            passed=passed,
            score=None if passed is None else float(passed),
        )
        for case, repeats in outcomes.items()
        for i, passed in enumerate(repeats)
    ]


def _suite(names: str, **marks: dict[str, object]) -> Suite:
    return Suite(name="s", cases=tuple(_case(name, YES, **marks.get(name, {})) for name in names))


def test_cases_are_paired_by_id_and_repeats_are_averaged() -> None:
    scores = _scores("Q8", {"a": [True, True], "b": [True], "c": [None], "d": [True]})
    scores += _scores("Q4", {"a": [True, False], "b": [False], "c": [True]})
    comparison = compare(_suite("abcd"), scores, "Q8", "Q4")
    assert [(c.case, c.reference, c.candidate) for c in comparison.cases] == [
        ("a", 1.0, 0.5),
        ("b", 1.0, 0.0),
    ]
    assert comparison.unscored == 2
    assert flips(comparison).lost == ("a", "b")


def test_cases_that_no_check_can_judge_are_told_from_those_without_a_reply() -> None:
    judge: dict[str, object] = {"type": "llm-rubric", "value": "is polite"}
    cases = (_case("bare"), _case("rubric", judge), _case("stopped", YES), _case("waiting", YES))
    replies = [
        _reply("yes", contender=name, case=case)
        for name in ("Q8", "Q4")
        for case in ("bare", "rubric")
    ]
    replies.append(_reply("yes", contender="Q8", case="stopped", finish_reason="stopped"))
    scores = [score_reply(case, each) for each in replies for case in cases if case.id == each.case]
    comparison = compare(Suite(name="s", cases=cases), scores, "Q8", "Q4")
    assert (comparison.unscored, comparison.unjudged) == (4, 2)


def test_groups_are_clusters_and_never_mixed_up_with_cases() -> None:
    suite = _suite("ab", b={"group": "a"})
    scores = [
        *_scores("Q8", {"a": [True], "b": [True]}),
        *_scores("Q4", {"a": [True], "b": [True]}),
    ]
    clusters = [case.cluster for case in compare(suite, scores, "Q8", "Q4").cases]
    assert clusters == ["case a", "group a"]


@pytest.mark.parametrize(
    ("base", "candidate", "vetoes"),
    [
        ([True], [False], True),
        ([True, True], [True, False], True),
        ([False], [False], False),
        ([True, False], [False, False], False),
        ([False], [True], False),
    ],
)
def test_a_critical_case_vetoes_when_only_the_candidate_fails_it(
    base: list[bool | None], candidate: list[bool | None], vetoes: bool
) -> None:
    suite = _suite("a", a={"critical": True})
    scores = [*_scores("Q8", {"a": base}), *_scores("Q4", {"a": candidate})]
    assert compare(suite, scores, "Q8", "Q4").cases[0].vetoes is vetoes


def test_from_scores_to_the_sentence() -> None:
    names = [f"c{i}" for i in range(150)]
    suite = Suite(name="s", cases=tuple(_case(name, YES) for name in names))
    scores = _scores("Q8", {name: [True] for name in names})
    scores += _scores("Q4", {name: [i > 2] for i, name in enumerate(names)})
    (verdict,) = verdicts_on(suite, scores, "Q8", ["Q8", "Q4"], 0.06)
    assert (verdict.n, verdict.b, verdict.c) == (150, 3, 0)
    assert sentence(verdict) == (
        "On 150 of your cases Q4 passes 3 fewer than Q8; with 95 % confidence it loses less than "
        "4.9 points; your margin is 6: good enough."
    )


def test_partial_scores_can_be_compared_instead_of_passes() -> None:
    suite = _suite("ab")
    scores = [
        CaseScore(contender=who, case=case, repeat=0, passed=value > 0.5, score=value)
        for who, values in {"Q8": (0.9, 0.8), "Q4": (0.7, 0.9)}.items()
        for case, value in zip("ab", values, strict=True)
    ]
    passed, partial = (compare(suite, scores, "Q8", "Q4", m) for m in ("passed", "score"))
    assert [case.candidate - case.reference for case in passed.cases] == [0.0, 0.0]
    assert [case.candidate for case in partial.cases] == [0.7, 0.9]


def test_scores_and_suites_survive_being_stored() -> None:
    case = _case(
        "a", YES, {"type": "assert-set", "assert": [YES, {"type": "is-json", "value": {}}]}
    )
    suite = Suite(name="s", cases=(case,))
    score = overrule(score_reply(case, _reply("yes")), 0, False, "no")
    for value in (suite, score):
        packed = msgspec.msgpack.encode(value)
        assert msgspec.msgpack.decode(packed, type=type(value)) == value
        assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value


def test_a_standing_has_the_pass_rate_with_wilsons_interval() -> None:
    names = [f"c{i}" for i in range(10)]
    suite = Suite(name="s", cases=tuple(_case(name, YES) for name in names))
    found = standing(suite, _scores("Q4", {n: [i < 8] for i, n in enumerate(names)}), "Q4")
    assert (found.cases, found.scored, found.pass_rate) == (10, 10, 0.8)
    # Wilson's interval for 8 of 10, as R's prop.test(8, 10, correct = FALSE) prints it.
    assert (found.low, found.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert standing(suite, [], "Q4").pass_rate is None


def test_cases_in_groups_widen_the_interval_of_a_pass_rate() -> None:
    values = [1.0] * 40 + [0.0] * 10
    single = share_interval(values, [str(i) for i in range(50)])
    grouped = share_interval(values, [str(i // 5) for i in range(50)])
    assert grouped[0] < single[0]
    assert grouped[1] > single[1]
    assert share_interval(values, ["one"] * 50) == (0.0, 1.0)


def test_a_choice_reports_the_metrics_that_do_not_decide() -> None:
    case = Case(
        id="a",
        messages=(Message(role="user", content="The sky is"),),
        continuations=(" blue", " a very long stone"),
        right=0,
    )
    found = (
        Likelihood(log_likelihood=-5.0, tokens=1),
        Likelihood(log_likelihood=-4.0, tokens=8),
    )
    score = score_choices(case, choose(case, found), "acc", "Q4", 0)
    assert [(check.check, check.passed, check.weight) for check in score.checks] == [
        ("acc", False, 1.0),
        ("acc_norm", False, 0.0),
        ("acc_per_token", False, 0.0),
    ]
    other = (
        Likelihood(log_likelihood=-1.0, tokens=1),
        Likelihood(log_likelihood=-0.9, tokens=1),
    )
    near = score_choices(case, choose(case, other), "acc", "Q4", 1)
    assert choice_words((score, near)) == "acc 0.0 % (decides), acc_norm 0.0 %, acc_per_token 0.0 %"
    assert choice_words(()) == ""
    assert overrule(score, 0, True, "right").passed is True


def test_another_metric_scores_choices_anew_but_for_what_was_overruled() -> None:
    case = Case(
        id="a",
        messages=(Message(role="user", content="The sky is"),),
        continuations=(" blue", " x"),
        right=0,
    )
    better_per_character = (
        Likelihood(log_likelihood=-3.0, tokens=1),
        Likelihood(log_likelihood=-2.0, tokens=1),
    )
    suite = Suite(name="s", cases=(case,))
    reply = _reply("", likelihoods=better_per_character)
    contenders = (Contender(name="Q4", model=ModelFile(path="x", file="x", size_bytes=1)),) * 2
    by_acc = assess(suite, contenders, (reply,), metric="acc").scores
    assert by_acc[0].passed is False
    again = assess(suite, contenders, (reply,), metric="acc_norm", known=by_acc).scores
    assert again[0].passed is True
    kept = (overrule(by_acc[0], 0, False, "no"),)
    assert assess(suite, contenders, (reply,), metric="acc_norm", known=kept).scores == kept


def _point(name: str, quality: float | None, seconds: float | None) -> TradeOff:
    return TradeOff(contender=name, quality=quality, seconds=seconds)


def test_the_front_holds_what_nothing_else_beats() -> None:
    points = [_point("a", 0.9, 10), _point("b", 0.8, 5), _point("c", 0.8, 6), _point("d", 0.7, 5)]
    assert pareto_front(points, "seconds") == (True, True, False, False)


def test_equal_points_are_both_on_the_front_and_unknown_ones_on_none() -> None:
    points = [
        _point("a", 0.9, 10),
        _point("b", 0.9, 10),
        _point("c", None, 1),
        _point("d", 1, None),
    ]
    assert pareto_front(points, "seconds") == (True, True, None, None)
    assert pareto_front(points, "joules") == (None,) * 4


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_every_point_off_the_front_is_beaten_by_one_on_it(pairs: list[tuple[int, int]]) -> None:
    points = [_point(str(i), q, s) for i, (q, s) in enumerate(pairs)]
    front = pareto_front(points, "seconds")
    best = [pair for pair, on in zip(pairs, front, strict=True) if on]
    assert best
    for (quality, seconds), on in zip(pairs, front, strict=True):
        if not on:
            assert any(q >= quality and s <= seconds for q, s in best)


CHOICES = Case(id="a", messages=(), continuations=(" a", " a much longer answer", " bc"), right=1)


def test_each_metric_of_multiple_choice_picks_by_its_own_measure() -> None:
    found = choose(
        CHOICES,
        [
            Likelihood(log_likelihood=-4.0, tokens=1),
            Likelihood(log_likelihood=-9.0, tokens=5),
            Likelihood(log_likelihood=-5.0, tokens=3),
        ],
    )
    # per character −2, −9/21, −5/3; per token −4, −1.8, −1.67
    assert (found.acc, found.acc_norm, found.acc_per_token) == (0, 1, 2)
    assert [found.passed(m) for m in ("acc", "acc_norm", "acc_per_token")] == [False, True, False]


def test_a_choice_becomes_a_score_under_the_metrics_name() -> None:
    same = [Likelihood(log_likelihood=-1.0, tokens=1)] * 3
    result = choose(CHOICES, same)
    score = score_choices(CHOICES, result, "acc_norm", "Q4", 0)
    assert result.acc == 0
    assert score.checks[0].check == "acc_norm"
    assert score.passed is True
    with pytest.raises(ValueError, match="2 likelihoods for 3 choices"):
        choose(CHOICES, same[:2])
