"""A suite that is written is read back as it was."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.contract import Case, Environment, Message, Reply, Session
from engine.contract.checks import (
    Check,
    CheckSet,
    ExactMatchCheck,
    FinishCheck,
    JsonCheck,
    JsonEqualsCheck,
    LengthCheck,
    LimitCheck,
    ListCheck,
    NamedFilter,
    PythonCheck,
    RefusalCheck,
    RegexCheck,
    RegexFilter,
    SimilarityCheck,
    TextCheck,
)
from engine.errors import SuiteError
from engine.quality.cases import read_pasted_suite
from engine.quality.generators.ready import ready_suite, ready_suites
from engine.quality.suite import Suite
from engine.quality.writing import suite_of_session, suite_yaml

# Texts that YAML has to quote, fold or escape; templates are left out, see below.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="{"), min_size=1, max_size=20
).map(lambda text: text.replace("\r", " "))
WEIGHTS = st.sampled_from([0.0, 0.5, 1.0, 2.0])


def _marked(kind: type, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.builds(kind, negated=st.booleans(), weight=WEIGHTS, label=st.none() | TEXTS, **fields)


SINGLE = st.one_of(
    _marked(TextCheck, type=st.sampled_from(["equals", "contains", "starts-with"]), value=TEXTS),
    _marked(
        ListCheck,
        type=st.just("icontains-all"),
        values=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    ),
    _marked(RegexCheck, pattern=st.sampled_from([r"^\d+$", "a|b", r"(?i)x\.y"])),
    _marked(JsonEqualsCheck, value=st.sampled_from(['{"a": [1, true, null]}', '["x"]'])),
    _marked(JsonCheck, type=st.just("is-json"), schema=st.none() | st.just('{"type": "object"}')),
    _marked(SimilarityCheck, type=st.just("levenshtein"), value=TEXTS, threshold=st.floats(0, 9)),
    _marked(RefusalCheck),
    _marked(LimitCheck, type=st.sampled_from(["latency", "cost"]), threshold=st.floats(0, 1e6)),
    _marked(
        LengthCheck,
        type=st.just("word-count"),
        minimum=st.integers(0, 5),
        maximum=st.none() | st.integers(5, 9),
    ),
    _marked(FinishCheck, value=st.just("stop")),
    _marked(
        PythonCheck,
        type=st.just("passes-tests"),
        function=st.just("add"),
        before=st.sampled_from(["", "import math\n\n"]),
        tests=st.just("assert add(1, 2) == 3\n"),
    ),
    _marked(
        ExactMatchCheck,
        values=st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
        filters=st.sampled_from(
            [(), (NamedFilter(name="last-number"), RegexFilter(pattern="a", take="first"))]
        ),
        ignore_case=st.booleans(),
        ignore_punctuation=st.booleans(),
        tolerance=st.sampled_from([0.0, 0.25]),
    ),
)
CHECKS = st.lists(
    st.one_of(
        SINGLE,
        _marked(
            CheckSet,
            checks=st.lists(SINGLE, min_size=1, max_size=2).map(tuple),
            threshold=st.none() | st.floats(0, 1),
        ),
    ),
    max_size=4,
).map(tuple)
CASES = st.builds(
    Case,
    id=st.just("one"),
    messages=st.lists(
        st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=TEXTS),
        min_size=1,
        max_size=3,
    ).map(tuple),
    format=st.sampled_from(["chat", "completion"]),
    checks=CHECKS,
    threshold=st.none() | st.floats(0, 1),
    group=st.none() | TEXTS,
    critical=st.booleans(),
    description=st.none() | TEXTS,
    answers=st.lists(TEXTS, max_size=2).map(tuple),
)
CHOICES = CASES.map(lambda case: replace(case, continuations=(" a", " b"), right=1, checks=()))


@settings(max_examples=200, deadline=None)
@example(Case(id="one", messages=(Message(role="system", content="["),)))
@given(CASES | CHOICES)
def test_a_case_is_read_back_as_it_was_written(case: Case) -> None:
    suite = Suite(name="s", cases=(case,))
    found = read_pasted_suite(suite_yaml(suite), "yaml")
    assert found.cases == suite.cases
    assert not found.not_supported


@pytest.mark.parametrize("name", [suite.name for suite in ready_suites()])
def test_ready_suites_can_be_kept_as_files(name: str) -> None:
    suite = ready_suite(name, 25)
    assert read_pasted_suite(suite_yaml(suite), "yaml").cases == suite.cases


def test_a_text_that_would_be_taken_for_a_template_is_refused() -> None:
    checks: tuple[Check, ...] = (TextCheck(type="contains", value="{{name}}"),)
    case = Case(id="one", messages=(Message(role="user", content="Hi"),), checks=checks)
    with pytest.raises(SuiteError, match="“one”"):
        suite_yaml(Suite(name="s", cases=(case,)))


def test_a_session_becomes_a_suite_with_one_contenders_replies_as_answers() -> None:
    cases = tuple(
        Case(id=name, messages=(Message(role="user", content=f"Question {name}"),)) for name in "ab"
    )
    replies = [
        Reply(contender="Q8", case="a", repeat=0, text="First", finish_reason="stop"),
        Reply(contender="Q8", case="a", repeat=1, text="Second", finish_reason="stop"),
        Reply(contender="Q8", case="b", repeat=0, text="Half", finish_reason="stopped"),
        Reply(contender="Q4", case="b", repeat=0, text="Other", finish_reason="stop"),
    ]
    session = Session(
        id="1",
        title="Mine",
        created=datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC),
        environment=Environment(app="0", llama_cpp=None, os="x", cpu="x", ram_bytes=1),
        contenders=(),
        cases=cases,
        replies=tuple(replies),
    )
    suite = suite_of_session(session, answers_of="Q8")
    assert suite.name == "Mine"
    assert [(each.id, each.answers) for each in suite.cases] == [("a", ("First",)), ("b", ())]
    assert len(read_pasted_suite(suite_yaml(suite), "yaml").cases) == 2
