"""Checks by promptfoo's names: what holds, what is found where, and how results add up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import CheckResult
from engine.contract.checks import Check
from engine.quality.checks.findings import Subject
from engine.quality.checks.parse import parse_check, parse_checks
from engine.quality.checks.run import Total, run_check, total
from engine.quality.checks.similarity import levenshtein, rouge_1
from engine.quality.checks.text import occurrences


def _check(type_: str, value: object = None, **more: object) -> Check:
    item = {"type": type_, **more}
    if value is not None:
        item["value"] = value
    return parse_check(item)


def _run(text: str, type_: str, value: object = None, **more: object) -> CheckResult:
    return run_check(_check(type_, value, **more), Subject(text=text, finish_reason="stop"))


HOLDS = [
    ("Paris", "equals", "Paris"),
    ("4", "equals", 4),
    ("", "equals", ""),
    ('{"a": [1, true]}', "equals", {"a": [1.0, True]}),
    ("It is Paris.", "contains", "Paris"),
    ("The 0 is here", "contains", 0),
    ("It is PARIS.", "icontains", "paris"),
    ("red and blue", "contains-any", ["green", "blue"]),
    ("red and blue", "contains-any", "green, blue"),
    ("red and blue", "contains-all", ["red", "blue"]),
    ("RED and Blue", "icontains-all", ["red", "blue"]),
    ("RED", "icontains-any", ["red", "blue"]),
    ("Yes, it is", "starts-with", "Yes"),
    ("Call 555-1234", "regex", r"\d{3}-\d{4}"),
    ("x=1; x=2", "regex", r"(?<name>x)=1; \k<name>=2"),
    ("kitten", "levenshtein", "sitting"),
    ("the cat sat on the mat", "rouge-n", "The cat sat"),
    ("I'm sorry, but I can't assist with that.", "is-refusal", None),
    ("I cannot help you with this request.", "is-refusal", None),
    ("As an AI language model, I don't have opinions on this.", "is-refusal", None),
    ("Unfortunately, I’m unable to provide that information.", "is-refusal", None),
    ("  \n", "is-refusal", None),
    ("one two three", "word-count", 3),
    ("one two three", "word-count", {"min": 2, "max": 3}),
    ("one two three", "word-count", {"max": 5}),
    ("abc", "character-count", {"min": 3}),
    ("anything", "finish-reason", "STOP"),
]

FAILS = [
    ("Paris.", "equals", "Paris"),
    ('{"a": [1, 1]}', "equals", {"a": [1, True]}),
    ("{'a': 1}", "equals", {"a": 1}),
    ("It is paris.", "contains", "Paris"),
    ("red", "contains-any", ["green", "blue"]),
    ("red", "contains-all", ["red", "blue"]),
    ("No. Yes.", "starts-with", "Yes"),
    ("Call me", "regex", r"\d"),
    ("kitten", "not-levenshtein", "sitting"),
    ("completely different", "levenshtein", "sitting"),
    ("the dog", "rouge-n", "The cat sat"),
    ("I'm sorry to hear that. Here is what you can do: call them.", "is-refusal", None),
    ("I can't recommend this place enough!", "is-refusal", None),
    ("You cannot park here. I would help by moving it.", "is-refusal", None),
    ("one two three", "word-count", 2),
    ("one two three", "word-count", {"min": 4}),
    ("anything", "finish-reason", "length"),
]


@pytest.mark.parametrize(("text", "type_", "value"), HOLDS)
def test_a_check_passes_and_its_negation_fails(text: str, type_: str, value: object) -> None:
    found, negated = _run(text, type_, value), _run(text, f"not-{type_}", value)
    assert found.passed is True, found.reason
    assert negated.passed is False
    assert negated.check == f"not-{type_}"


@pytest.mark.parametrize(("text", "type_", "value"), FAILS)
def test_a_check_fails(text: str, type_: str, value: object) -> None:
    found = _run(text, type_, value)
    assert found.passed is False, found.reason
    assert found.score is not None
    assert found.score < 1


def test_evidence_says_where_the_value_stands() -> None:
    text = "Oslo, Paris, oslo"
    (found,) = _run(text, "contains", "Paris").evidence
    assert (found.start, found.end, found.text) == (6, 11, "Paris")
    both = _run(text, "icontains", "OSLO").evidence
    assert [(s.start, s.text) for s in both] == [(0, "Oslo"), (13, "oslo")]


def test_equality_says_from_where_the_reply_differs() -> None:
    found = _run("The answer is 42", "equals", "The answer is 41")
    assert found.reason == "Differs from character 16: “2” instead of “1”."
    assert "the end instead of" in _run("ab", "equals", "abc").reason


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60), value=st.text(min_size=1, max_size=4))
def test_found_places_hold_the_value(text: str, value: str) -> None:
    for span in occurrences(value, text):
        assert text[span.start : span.end] == value == span.text
    for span in occurrences(value, text, ignore_case=True):
        assert span.text.lower() == value.lower()
        assert text[span.start : span.end] == span.text
    assert bool(occurrences(value, text)) == (value in text)


def test_a_letter_whose_lower_case_is_longer_does_not_shift_the_places() -> None:
    (found,) = occurrences("WORD", "İİ a word", ignore_case=True)
    assert (found.start, found.text) == (5, "word")


def _slow_levenshtein(a: str, b: str) -> int:
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    table[:, 0], table[0, :] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(
                table[i - 1, j] + 1,
                table[i, j - 1] + 1,
                table[i - 1, j - 1] + (a[i - 1] != b[j - 1]),
            )
    return int(table[-1, -1])


@settings(max_examples=150, deadline=None)
@given(a=st.text("abcé🙂", max_size=12), b=st.text("abcé🙂", max_size=12))
def test_edit_distance_is_that_of_the_textbook(a: str, b: str) -> None:
    assert levenshtein(a, b) == _slow_levenshtein(a, b)


def test_texts_too_long_for_an_edit_distance_are_not_called_a_failure() -> None:
    found = _run("a" * 20_000, "levenshtein", "b" * 20_000)
    assert found.passed is None
    assert "too long" in found.reason


def test_rouge_counts_repeated_words_only_as_often_as_both_have_them() -> None:
    assert rouge_1("the the the cat", "the cat the dog") == pytest.approx(3 / 4)
    assert rouge_1("", "a b") == 0.0


def test_negating_a_partial_score_turns_it_round() -> None:
    found = _run("the cat", "not-rouge-n", "the cat sat down")
    assert found.score == pytest.approx(0.5)
    assert found.passed is True


@pytest.mark.parametrize(
    ("type_", "threshold", "passed"),
    [
        ("latency", 1500, True),
        ("latency", 1499, False),
        ("cost", 0.002, True),
        ("cost", 0.001, False),
        ("perplexity", 2.1, True),
        ("perplexity", 1.9, False),
        ("perplexity-score", 0.3, True),
        ("perplexity-score", 0.4, False),
    ],
)
def test_measured_figures_are_held_against_their_limits(
    type_: str, threshold: float, passed: bool
) -> None:
    subject = Subject(
        text="x",
        finish_reason="stop",
        latency_s=1.5,
        cost=0.0015,
        logprobs=(math.log(0.5), math.log(0.5)),
    )
    assert run_check(_check(type_, threshold=threshold), subject).passed is passed


@pytest.mark.parametrize("type_", ["latency", "cost", "perplexity"])
def test_a_figure_that_was_not_measured_is_neither_passed_nor_failed(type_: str) -> None:
    subject = Subject(
        text="x",
        finish_reason="stop",
        absent={"latency": "replies were made in a batch"},
    )
    found = run_check(_check(type_, threshold=1), subject)
    assert found.passed is None
    assert found.score is None
    if type_ == "latency":
        assert found.reason == "No latency to check: replies were made in a batch."


@pytest.mark.parametrize("type_", ["llm-rubric", "select-best", "similar", "javascript", "is-sql"])
def test_a_check_that_is_not_supported_is_named_and_decides_nothing(type_: str) -> None:
    found = _run("x", type_, "whatever")
    assert found.check == type_
    assert found.passed is None
    assert found.reason.endswith(".")


def test_a_check_that_transforms_the_reply_by_code_is_not_run_as_if_it_did_not() -> None:
    found = _run("x", "equals", "X", transform="output.toUpperCase()")
    assert found.passed is None
    assert "code" in found.reason


def _results(*checks: dict[str, object], text: str = "red") -> list[CheckResult]:
    subject = Subject(text=text, finish_reason="stop")
    return [run_check(check, subject) for check in parse_checks(list(checks))]


RED: dict[str, object] = {"type": "contains", "value": "red"}
BLUE: dict[str, object] = {"type": "contains", "value": "blue"}
RUBRIC: dict[str, object] = {"type": "llm-rubric", "value": "nice"}


def test_without_a_threshold_every_check_has_to_pass() -> None:
    assert total(_results(RED, BLUE), None) == Total(passed=False, score=0.5)
    assert total(_results(RED, RED), None) == Total(passed=True, score=1.0)


def test_with_a_threshold_the_weighted_score_decides() -> None:
    heavy = {**RED, "weight": 3}
    assert total(_results(heavy, BLUE), 0.7) == Total(passed=True, score=0.75)
    assert total(_results(heavy, BLUE), 0.8).passed is False


def test_a_check_of_weight_zero_is_reported_and_decides_nothing() -> None:
    results = _results(RED, {**BLUE, "weight": 0})
    assert total(results, None) == Total(passed=True, score=1.0)
    assert results[1].passed is False


def test_a_check_that_cannot_be_told_leaves_the_decision_to_the_others() -> None:
    assert total(_results(RED, RUBRIC), None) == Total(passed=True, score=1.0)
    assert total(_results(BLUE, RUBRIC), None).passed is False


def test_a_case_of_which_nothing_can_be_told_is_neither_passed_nor_failed() -> None:
    assert total(_results(RUBRIC), None) == Total(passed=None, score=None)
    assert total([], None) == Total(passed=None, score=None)


def test_a_set_passes_when_its_share_reaches_the_threshold() -> None:
    whole: dict[str, object] = {"type": "assert-set", "assert": [RED, BLUE], "weight": 2}
    (strict,) = _results(whole)
    (half,) = _results({**whole, "threshold": 0.5})
    (negated,) = _results({**whole, "type": "not-assert-set"})
    assert strict.passed is False
    assert half.passed is True
    assert half.weight == 2
    assert [part.passed for part in half.parts] == [True, False]
    assert negated.passed is True
    assert half.reason == "1 of 2 checks pass."
