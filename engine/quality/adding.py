"""Checks that a person adds to cases without writing a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from engine.contract import Case
from engine.contract.checks import Check
from engine.errors import PlanError
from engine.quality.checks.extraction import extracted
from engine.quality.checks.parse import parse_check
from engine.quality.fields import FieldFault
from engine.quality.reading.expected import expected_check
from engine.quality.suite import Suite


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """value: what is to be typed, in a word or two; empty where nothing is. from_answer: the value comes
    from the answer that the case expects."""

    name: str
    title: str
    value: str = ""
    from_answer: bool = False


KINDS: Final = (
    Kind(name="icontains", title="contains, in any case", value="text"),
    Kind(name="contains", title="contains exactly", value="text"),
    Kind(name="not-icontains", title="does not contain", value="text"),
    Kind(name="equals", title="is exactly", value="text"),
    Kind(name="number", title="gives the number", value="number"),
    Kind(name="choice", title="chooses the letter", value="A, B, C …"),
    Kind(name="regex", title="matches the pattern", value="regular expression"),
    Kind(name="is-json", title="is JSON"),
    Kind(name="words", title="has at most so many words", value="number"),
    Kind(name="not-is-refusal", title="is no refusal"),
    Kind(name="answer-number", title="gives the expected answer's number", from_answer=True),
    Kind(name="answer-choice", title="chooses the expected answer's letter", from_answer=True),
    Kind(name="answer-words", title="has most of the expected answer's words", from_answer=True),
    Kind(name="answer-equals", title="is the expected answer", from_answer=True),
)


def check_of(kind: str, value: str, case: Case) -> Check | None:
    """The check for this case; None where the kind takes it from an answer that the case does not have.

    Raises PlanError for a value that cannot be used.
    """
    written = _WRITTEN[kind](value.strip(), case) if kind in _WRITTEN else _plain(kind, value)
    if written is None:
        return None
    try:
        return parse_check(written)
    except FieldFault as fault:
        raise PlanError(f"This check cannot be used: {fault.reason}.") from fault


def short_check(text: str) -> Check:
    """A check as promptfoo writes it in one text, as in `icontains: Paris`; raises PlanError."""
    try:
        return parse_check(expected_check(text))
    except FieldFault as fault:
        raise PlanError(f"The check “{text}” cannot be used: {fault.reason}.") from fault


def with_check(suite: Suite, check: Check) -> Suite:
    """The suite with this check in every case that is not a multiple choice."""
    return replace(
        suite,
        cases=tuple(
            case if case.right is not None else replace(case, checks=(*case.checks, check))
            for case in suite.cases
        ),
    )


def without_checks(cases: Iterable[Case]) -> int:
    """How many cases nothing is said about, so that they cannot be judged."""
    return sum(not case.checks and case.right is None for case in cases)


def _plain(kind: str, value: str) -> dict[str, Any]:
    return {"type": kind, "value": value} if value else {"type": kind}


def _number(value: str, _: Case) -> dict[str, Any]:
    return {"type": "exact-match", "value": value, "filter": "last-number"}


def _choice(value: str, _: Case) -> dict[str, Any]:
    return {"type": "exact-match", "value": value.upper(), "filter": "choice-letter"}


def _words(value: str, _: Case) -> dict[str, Any]:
    return {"type": "word-count", "value": {"max": value}}


def _answer_number(_: str, case: Case) -> dict[str, Any] | None:
    found = extracted("last-number", case.answers[0]) if case.answers else None
    return None if found is None else _number(found, case)


def _answer_choice(_: str, case: Case) -> dict[str, Any] | None:
    found = extracted("choice-letter", case.answers[0]) if case.answers else None
    return None if found is None else _choice(found, case)


def _answer_words(_: str, case: Case) -> dict[str, Any] | None:
    return {"type": "rouge-n", "value": case.answers[0]} if case.answers else None


def _answer_equals(_: str, case: Case) -> dict[str, Any] | None:
    return {"type": "exact-match", "value": case.answers[0].strip()} if case.answers else None


_WRITTEN: Final[dict[str, Callable[[str, Case], dict[str, Any] | None]]] = {
    "number": _number,
    "choice": _choice,
    "words": _words,
    "answer-number": _answer_number,
    "answer-choice": _answer_choice,
    "answer-words": _answer_words,
    "answer-equals": _answer_equals,
}
