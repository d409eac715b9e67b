"""The answer in a reply: numbers, letters and lines, as lm-eval's filters take them."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import CheckResult
from engine.quality.checks.extraction import number_value, numbers
from engine.quality.checks.findings import Subject
from engine.quality.checks.parse import parse_check
from engine.quality.checks.run import run_check


def _match(text: str, value: object, filter_: object, **more: object) -> CheckResult:
    check = parse_check({"type": "exact-match", "value": value, "filter": filter_, **more})
    return run_check(check, Subject(text=text, finish_reason="stop"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The answer is 42.", ["42"]),
        ("1,234,567.89 in all", ["1,234,567.89"]),
        ("-5 or −5 or +5", ["-5", "−5", "+5"]),
        ("from 3-5 days", ["3", "5"]),
        ("$1,200 and $-3 and -$4", ["$1,200", "$-3", "-$4"]),
        ("1,23 and 12,3456", ["1", "23", "12", "3456"]),
        ("12\u202f000 and 12’000", ["12\u202f000", "12’000"]),
        ("0.5 and .5", ["0.5", ".5"]),
        ("3.", ["3"]),
        ("50% of 1/4", ["50", "1/4"]),
        ("6.02e23 things", ["6.02e23"]),
        ("version 1.2.3", ["1.2"]),
        ("H2O and GPT4 weigh 5kg", ["5"]),
        ("**42** and \\boxed{7}", ["42", "7"]),
        ("on 24/12/2026", ["24", "12", "2026"]),
        ("Rs.500", ["500"]),
        ("no number", []),
        ("10:30", ["10", "30"]),
    ],
)
def test_numbers_are_found_as_english_writes_them(text: str, found: list[str]) -> None:
    assert [span.text for span in numbers(text)] == found


def test_a_number_stands_where_it_says() -> None:
    (span,) = numbers("It is $1,200 now")
    assert (span.start, span.end) == (6, 12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.5"),
        ("−7", "-7"),
        ("$-3", "-3"),
        ("-$3", "-3"),
        ("1/4", "0.25"),
        ("12’000", "12000"),
        ("42.", "42"),
        ("50%", "50"),
        ("1e3", "1000"),
    ],
)
def test_a_number_has_its_value(text: str, value: str) -> None:
    assert number_value(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "abc", "4 apples", "1 2", "--4", "1/0"])
def test_what_is_no_single_number_has_no_value(text: str) -> None:
    assert number_value(text) is None


@settings(max_examples=300, deadline=None)
@given(value=st.decimals(-(10**12), 10**12, places=3), grouped=st.booleans())
def test_any_number_is_read_back(value: Decimal, grouped: bool) -> None:
    written = f"{value:,.3f}" if grouped else f"{value:.3f}"
    found = numbers(f"So the result is {written} euros.")
    assert [number_value(span.text) for span in found] == [value]


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789,.-+$/eE %’ \n", max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    for span in numbers(text):
        assert number_value(span.text) is not None or "/" in span.text
        assert text[span.start : span.end] == span.text


def test_a_long_text_of_digits_and_commas_is_read_in_no_time() -> None:
    text = "1," * 50_000 + "1" * 50_000 + ",111" * 20_000
    started = time.process_time()
    numbers(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "value", "filter_", "passed"),
    [
        ("First 3, then 4: 3 + 4 = 7", 7, "last-number", True),
        ("7 is it, of 10", "7", "first-number", True),
        ("So 18 - 4 is\n#### 14", 14, "hash-answer", True),
        ("#### 13\n#### 14 apples", "14 apples", "hash-answer", True),
        ("Thus \\boxed{\\frac{1}{2}}", "\\frac{1}{2}", "boxed", True),
        ("It costs $1,200.", "1200", "last-number", True),
        ("It is 0.333", "0.3333", "last-number", False),
        ("No idea.", "7", "last-number", False),
        ("Line one\n\n  Paris  \n", "Paris", "last-line", True),
        ("  Paris\nIt is in France", "Paris", "first-line", True),
        ("The answer: x is 5, so 5.", "5", [{"regex": r"x is (\d+)"}], True),
        ("a1 a2 a3", "a1", [{"regex": r"a\d", "take": "first"}], True),
        ("so\nthe total is 12", "12", ["last-line", "last-number"], True),
        ("Paris", ["London", "Paris"], [], True),
    ],
)
def test_what_the_filters_leave_is_compared(
    text: str, value: object, filter_: object, passed: bool
) -> None:
    found = _match(text, value, filter_)
    assert found.passed is passed, found.reason


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("C", "C"),
        ("(C)", "C"),
        ("C. Paris", "C"),
        ("**C**", "C"),
        ("The answer is (C).", "C"),
        ("Answer: C", "C"),
        ("The correct option is **C**, because A is wrong.", "C"),
        ("I think the answer is B. No, the answer is C.", "C"),
        ("A. London\nB. Rome\nC. Paris\n\nThe answer is C", "C"),
        ("A. London\nB. Rome\n\nB", "B"),
        ("It must be (D), of course.", "D"),
        ("A dog would say B) is right, choice B", "B"),
    ],
)
def test_the_chosen_letter_is_found(text: str, letter: str) -> None:
    found = _match(text, letter, "choice-letter")
    assert found.passed is True, found.reason
    assert found.evidence[0].text == letter


@pytest.mark.parametrize(
    "text", ["I do not know", "A dog barks", "None of these", "the answer is a dog"]
)
def test_an_article_or_a_pronoun_is_no_choice(text: str) -> None:
    assert _match(text, "A", "choice-letter").passed is False


def test_evidence_is_the_answer_in_its_place() -> None:
    (span,) = _match("Sum:\nthe total is 12 kg", 12, ["last-line", "last-number"]).evidence
    assert (span.start, span.text) == (18, "12")


def test_a_tolerance_is_absolute() -> None:
    assert _match("3.14", "3.14159", "last-number", tolerance=0.01).passed is True
    assert _match("3.14", "3.14159", "last-number", tolerance=0.001).passed is False


def test_case_and_punctuation_count_unless_they_are_told_not_to() -> None:
    assert _match("paris!", "Paris", []).passed is False
    loose = {"ignore-case": True, "ignore-punctuation": True}
    assert _match("paris!", "Paris", [], **loose).passed is True
