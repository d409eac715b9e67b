"""Checks added by hand, and the form of pasted text."""

from __future__ import annotations

import pytest

from engine.contract import Case, Message, Reply
from engine.errors import PlanError
from engine.quality.adding import KINDS, check_of, short_check, with_check, without_checks
from engine.quality.cases import form_of, read_pasted_suite
from engine.quality.scores import score_reply
from engine.quality.suite import Suite

ASKED = (Message(role="user", content="How many?"),)
CASE = Case(id="1", messages=ASKED, answers=("There are 1,200 of them. The answer is (B).",))
NO_ANSWER = Case(id="2", messages=ASKED)


def passes(kind: str, value: str, text: str, case: Case = CASE) -> bool | None:
    check = check_of(kind, value, case)
    assert check is not None
    whole = Case(id="1", messages=ASKED, checks=(check,))
    reply = Reply(contender="x", case="1", repeat=0, text=text, finish_reason="stop")
    return score_reply(whole, reply).passed


@pytest.mark.parametrize(
    ("kind", "value", "right", "wrong"),
    [
        ("icontains", "paris", "It is PARIS.", "Rome"),
        ("contains", "Paris", "Paris!", "paris"),
        ("not-icontains", "sorry", "Yes.", "Sorry, no."),
        ("equals", "yes", "yes", "yes."),
        ("number", "42", "6 * 7 = 42", "41"),
        ("choice", "b", "The answer is (B).", "The answer is (C)."),
        ("regex", r"\d{4}", "in 1999", "in May"),
        ("is-json", "", '{"a": 1}', "no"),
        ("words", "2", "two words", "more than two words"),
        ("not-is-refusal", "", "Of course.", "I'm sorry, but I can't help with that."),
        ("answer-number", "", "I count 1200", "I count 12"),
        ("answer-choice", "", "B", "C"),
        ("answer-words", "", "There are 1,200 of them. The answer: (B).", "None"),
        ("answer-equals", "", CASE.answers[0], "1,200"),
    ],
)
def test_each_kind_passes_what_it_says(kind: str, value: str, right: str, wrong: str) -> None:
    assert passes(kind, value, right) is True
    assert passes(kind, value, wrong) is False


def test_every_kind_is_tried_above() -> None:
    marks = test_each_kind_passes_what_it_says.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == {kind.name for kind in KINDS}


def test_a_check_from_the_answer_needs_one() -> None:
    for kind in KINDS:
        if kind.from_answer:
            assert check_of(kind.name, "", NO_ANSWER) is None


@pytest.mark.parametrize(("kind", "value"), [("contains", ""), ("regex", "("), ("words", "few")])
def test_a_value_that_cannot_be_used_is_told(kind: str, value: str) -> None:
    with pytest.raises(PlanError, match="This check cannot be used: "):
        check_of(kind, value, CASE)


def test_a_short_check_goes_into_every_case_but_choices() -> None:
    choice = Case(id="3", messages=ASKED, continuations=("a", "b"), right=0)
    suite = with_check(Suite(name="s", cases=(CASE, choice)), short_check("not-icontains: sorry"))
    assert [len(case.checks) for case in suite.cases] == [1, 0]
    assert without_checks(suite.cases) == 0
    assert without_checks((NO_ANSWER, choice)) == 1
    with pytest.raises(PlanError, match="cannot be used"):
        short_check("regex: (")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"prompt": "Hi", "expected": "Hi"}\n{"prompt": "Ho", "expected": "Ho"}\n', "jsonl"),
        ('[{"prompt": "Hi", "expected": "Hi"}]', "json"),
        ('{\n  "cases": [{"prompt": "Hi", "expected": "Hi"}]\n}', "json"),
        ('\n[\n{"prompt": "Hi", "expected": "Hi"}\n]', "json"),
        ("prompt,expected\nHi,Hi\n", "csv"),
        ('prompt,expected\n"Hi, you",Hi\n', "csv"),
        ("prompt\texpected\nHi\tHi\n", "csv"),
        ("prompt;expected\nHi;Hi\n", "csv"),
        ("- {prompt: Hi, expected: Hi}\n", "yaml"),
        ("title: Mine, and yours\ncases:\n  - {prompt: Hi, expected: Hi}\n", "yaml"),
        ("# a, comment\ncases: [{prompt: Hi, expected: Hi}]\n", "yaml"),
    ],
)
def test_pasted_text_is_read_as_what_it_looks_like(text: str, form: str) -> None:
    assert form_of(text) == form
    assert read_pasted_suite(text).cases[0].messages[-1].content.startswith("Hi")
