"""Ready suites: the same everywhere, solvable, and not solved by nonsense."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from engine.contract import Case, CaseScore, Reply
from engine.errors import PlanError
from engine.quality.checks import python_code
from engine.quality.generators.draw import Draw
from engine.quality.generators.ready import ready_suite, ready_suites
from engine.quality.scores import score_reply

NAMES = [suite.name for suite in ready_suites()]

# Of 50 cases with seed 1. A change here changes what every user's earlier results were made with.
DIGESTS = {
    "arithmetic": "53736c0b8c1b778a",
    "extraction": "01fff56e69d96096",
    "format": "7ad5fcf04844ea73",
    "classification": "00e7707f7c2131a8",
    "json": "8ac56d523a71e9fd",
    "constraints": "271335b6ae2486a3",
    "unstated": "843a121a73a06069",
    "humaneval": "3be23c1989224930",
}


@pytest.fixture(autouse=True)
def no_code_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/quality/test_python_code.py runs it."""
    monkeypatch.setattr(python_code, "find_sandbox", lambda: "this is a test")


def _scored(case: Case, text: str) -> CaseScore:
    reply = Reply(contender="x", case=case.id, repeat=0, text=text, finish_reason="stop")
    return score_reply(case, reply)


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_is_the_same_on_every_machine(name: str) -> None:
    prompts = "\0".join(case.messages[0].content for case in ready_suite(name, 50, 1).cases)
    assert hashlib.sha256(prompts.encode()).hexdigest()[:16] == DIGESTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_and_another_seed_others(name: str) -> None:
    first, again, other = (
        ready_suite(name, 30, 5),
        ready_suite(name, 30, 5),
        ready_suite(name, 30, 6),
    )
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
    shared = {c.messages for c in first.cases} & {c.messages for c in other.cases}
    assert len(shared) < 15
    assert first.cases[0].id != other.cases[0].id


@pytest.mark.parametrize("name", NAMES)
def test_more_cases_begin_with_the_same_ones(name: str) -> None:
    assert ready_suite(name, 40, 2).cases[:10] == ready_suite(name, 10, 2).cases


@pytest.mark.parametrize("name", NAMES)
def test_every_case_can_be_passed_and_is_not_passed_by_nonsense(name: str) -> None:
    for seed in (1, 2):
        suite = ready_suite(name, 120, seed)
        assert len({case.messages for case in suite.cases}) == 120
        for case in suite.cases:
            (answer,) = case.answers
            right = _scored(case, answer)
            assert right.passed is True, (case.messages[0].content, answer, right.checks)
    nonsense = [_scored(case, "It is, the very and, hm.").passed for case in suite.cases]
    assert nonsense.count(True) <= 6


def test_a_wrong_number_a_wrong_fact_and_an_invented_one_fail() -> None:
    for case in ready_suite("arithmetic", 20).cases:
        assert _scored(case, str(int(case.answers[0]) + 1)).passed is False
    for case in ready_suite("extraction", 20).cases:
        assert _scored(case, case.messages[0].content).passed is False
    for case in ready_suite("unstated", 40).cases:
        invented = "It is 42." if case.answers == ("Not stated.",) else "Not stated."
        assert _scored(case, invented).passed is False


def test_json_in_a_fence_passes_but_a_wrong_value_does_not() -> None:
    for case in ready_suite("json", 15).cases:
        assert _scored(case, f"```json\n{case.answers[0]}\n```").passed is True
        assert _scored(case, case.answers[0].replace("{", '{"extra": 1, ', 1)).passed is False


def test_a_name_or_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(PlanError, match="There are: arithmetic, extraction"):
        ready_suite("poetry", 10)
    for n in (0, 1001):
        with pytest.raises(PlanError, match="1 to 1000 cases"):
            ready_suite("arithmetic", n)


def test_draws_are_even_and_cover_their_range() -> None:
    draw = Draw("test", 1)
    counts = [0] * 6
    for _ in range(6000):
        counts[draw.whole(0, 5)] += 1
    assert min(counts) > 850
    assert sorted(draw.some("abcdef", 6)) == list("abcdef")
    assert 400 < sum(draw.chance(0.5) for _ in range(1000)) < 600


@pytest.mark.parametrize(
    "text",
    [
        "The text does not specify the weight of the product.",
        "The customer's date of birth is not mentioned in the text.",
        "There is no information about the driver.",
        "It isn't given.",
    ],
)
def test_saying_that_a_text_does_not_say_it_counts_in_other_words_too(text: str) -> None:
    for case in ready_suite("unstated", 30).cases:
        assert _scored(case, text).passed is (case.answers == ("Not stated.",))
