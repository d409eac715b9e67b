from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.checks import (
    CheckSet,
    ExactMatchCheck,
    JsonCheck,
    LengthCheck,
    LimitCheck,
    ListCheck,
    SimilarityCheck,
    TextCheck,
)
from engine.quality.checks.parse import parse_check, parse_checks
from engine.quality.fields import FieldFault

BROKEN = [
    ("contains", ("",), "a check needs at least a type"),
    ({"value": "x"}, ("type",), "the name of the check is missing"),
    ({"type": "contain", "value": "x"}, ("type",), "did you mean “contains”?"),
    ({"type": "not-icontain", "value": "x"}, ("type",), "there is no check named “not-icontain”"),
    ({"type": "contains"}, ("value",), "the value is missing"),
    ({"type": "contains", "value": ""}, ("value",), "the value is empty"),
    ({"type": "contains", "value": {"a": 1}}, ("value",), "is no text or number"),
    ({"type": "contains-any", "value": []}, ("value",), "the list is empty"),
    ({"type": "contains-any", "value": ["a", {}]}, ("value", 1), "no text or number"),
    ({"type": "regex", "value": "("}, ("value",), "the pattern cannot be used: missing )"),
    ({"type": "regex", "value": "a{90000000}"}, ("value",), "unroll"),
    ({"type": "is-json", "value": {"type": "objekt"}}, ("value",), "the JSON schema cannot"),
    ({"type": "is-json", "value": "{"}, ("value",), "the JSON schema cannot"),
    ({"type": "latency"}, ("threshold",), "latency needs a threshold"),
    ({"type": "latency", "threshold": "soon"}, ("threshold",), "no number"),
    ({"type": "latency", "threshold": -1}, ("threshold",), "below 0"),
    ({"type": "levenshtein", "value": "x", "threshold": True}, ("threshold",), "no number"),
    ({"type": "word-count"}, ("value",), "a number is missing"),
    ({"type": "word-count", "value": 1.5}, ("value",), "no whole number"),
    ({"type": "word-count", "value": {"min": "few"}}, ("value", "min"), "no number"),
    ({"type": "word-count", "value": {"min": 3, "max": 2}}, ("value",), "min 3 is more than max 2"),
    ({"type": "contains", "value": "x", "weight": -1}, ("weight",), "below 0"),
    ({"type": "contains", "value": "x", "weight": float("nan")}, ("weight",), "no number"),
    ({"type": "assert-set"}, ("assert",), "a list of checks"),
    (
        {"type": "assert-set", "assert": [{"type": "contains"}]},
        ("assert", 0, "value"),
        "the value is missing",
    ),
    ({"type": "exact-match", "value": "4", "filter": "last"}, ("filter", 0), "a filter is one of"),
    (
        {"type": "exact-match", "value": "4", "filter": [{"regex": "["}]},
        ("filter", 0, "regex"),
        "the pattern cannot",
    ),
    ({"type": "exact-match", "value": "4", "ignore-case": "yes"}, ("ignore-case",), "true or"),
]


@pytest.mark.parametrize(("item", "field", "reason"), BROKEN)
def test_a_broken_check_names_its_field_and_the_reason(
    item: object, field: tuple[str | int, ...], reason: str
) -> None:
    with pytest.raises(FieldFault) as caught:
        parse_check(item)
    assert reason in caught.value.reason
    assert caught.value.field == (field if field != ("",) else ())


def test_the_usual_thresholds_are_promptfoos() -> None:
    distance = parse_check({"type": "levenshtein", "value": "x"})
    overlap = parse_check({"type": "rouge-n", "value": "x"})
    assert isinstance(distance, SimilarityCheck)
    assert isinstance(overlap, SimilarityCheck)
    assert (distance.threshold, overlap.threshold) == (5.0, 0.75)


def test_names_weights_and_labels_are_kept() -> None:
    check = parse_check({"type": "not-icontains", "value": "x", "weight": 2, "metric": "tone"})
    assert isinstance(check, TextCheck)
    assert (check.type, check.negated, check.weight, check.label) == (
        "icontains",
        True,
        2.0,
        "tone",
    )


def test_values_are_read_as_promptfoo_reads_them() -> None:
    listed = parse_check({"type": "contains-all", "value": "a, b ,, c"})
    numbers = parse_check({"type": "contains-any", "value": [1, 2.0, True]})
    schema = parse_check({"type": "is-json", "value": '{"type": "object"}'})
    length = parse_check({"type": "word-count", "value": "7"})
    limit = parse_check({"type": "latency", "threshold": "1500"})
    assert isinstance(listed, ListCheck)
    assert listed.values == ("a", "b", "c")
    assert isinstance(numbers, ListCheck)
    assert numbers.values == ("1", "2", "true")
    assert isinstance(schema, JsonCheck)
    assert isinstance(length, LengthCheck)
    assert (length.minimum, length.maximum) == (7, 7)
    assert isinstance(limit, LimitCheck)
    assert limit.threshold == 1500


def test_one_filter_or_a_list_of_them_is_taken() -> None:
    check = parse_check(
        {"type": "exact-match", "value": ["7", "seven"], "filter": "last-number", "tolerance": 0.5}
    )
    assert isinstance(check, ExactMatchCheck)
    assert check.values == ("7", "seven")
    assert len(check.filters) == 1


def test_sets_are_not_nested_without_end() -> None:
    item: dict[str, object] = {"type": "contains", "value": "x"}
    for _ in range(4):
        item = {"type": "assert-set", "assert": [item]}
    assert isinstance(parse_check(item), CheckSet)
    for _ in range(4):
        item = {"type": "assert-set", "assert": [item]}
    with pytest.raises(FieldFault, match="nested"):
        parse_check(item)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "equals",
        "contains-any",
        "regex",
        "is-json",
        "levenshtein",
        "latency",
        "word-count",
        "exact-match",
        "assert-set",
        "not-contains",
        "llm-rubric",
        "unknown",
    ]
)
KEYS = st.sampled_from(["value", "threshold", "weight", "metric", "filter", "assert", "transform"])


@settings(max_examples=300, deadline=None)
@given(
    items=st.lists(
        st.tuples(NAMES, st.dictionaries(KEYS, JSON_VALUES)).map(lambda t: {"type": t[0], **t[1]}),
        max_size=3,
    )
)
def test_whatever_a_file_holds_is_either_read_or_named_as_a_fault(items: list[object]) -> None:
    try:
        found = parse_checks(items)
    except FieldFault as e:
        place, reason = e.field[0], e.reason
    else:
        place, reason = len(found), "read"
    assert reason
    assert place in range(len(items) + 1)
