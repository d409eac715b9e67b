"""is-json and contains-json, with schemas that nobody vouches for."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract.checks import JsonCheck
from engine.quality.checks import json_text, patterns
from engine.quality.checks.findings import Finding
from engine.quality.checks.json_text import SchemaError, check_schema, find_json, json_parts

PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
}


def _is(text: str, schema: object = None) -> Finding:
    written = None if schema is None else json.dumps(schema)
    return find_json(JsonCheck(type="is-json", schema=written), text)


def _contains(text: str, schema: object = None) -> Finding:
    written = None if schema is None else json.dumps(schema)
    return find_json(JsonCheck(type="contains-json", schema=written), text)


@pytest.mark.parametrize("text", ['{"a": 1}', "[1, 2]", ' "x" \n', "12", "null"])
def test_json_is_json(text: str) -> None:
    assert _is(text).holds is True


@pytest.mark.parametrize(
    "text",
    ["", "{'a': 1}", '```json\n{"a": 1}\n```', '{"a": 1} done', "NaN", '{"a": Infinity}', "[1,]"],
)
def test_what_is_not_json_from_end_to_end_is_not_json(text: str) -> None:
    assert _is(text).holds is False


def test_a_reply_nested_or_numbered_beyond_reason_is_not_json_and_breaks_nothing() -> None:
    assert _is("[" * 100_000).holds is False
    assert _is("1" * 10_000).holds is False
    assert _contains("[" * 3_000).holds is False


def test_the_schema_decides_and_its_first_fault_is_named() -> None:
    assert _is('{"name": "Ada", "age": 36}', PERSON).holds is True
    found = _is('{"name": "Ada", "age": -1}', PERSON)
    assert found.holds is False
    assert "at “age”" in found.reason
    assert "minimum" in found.reason
    assert "as a whole" in _is("[]", PERSON).reason


def test_json_inside_a_text_is_found_with_its_place() -> None:
    text = 'Sure! {"name": "Ada", "age": 36} and [1] {broken'
    found = _contains(text)
    assert [(s.start, s.text) for s in found.spans] == [
        (6, '{"name": "Ada", "age": 36}'),
        (37, "[1]"),
    ]
    assert _contains("no JSON, only 12 and {braces}").holds is False


def test_any_part_that_follows_the_schema_is_enough() -> None:
    found = _contains('{"a": 1} then {"name": "Ada", "age": 36}', PERSON)
    assert found.holds is True
    assert [s.start for s in found.spans] == [14]
    assert _contains('{"a": 1} then {"b": 2}', PERSON).holds is False


@settings(max_examples=150, deadline=None)
@given(
    before=st.text(st.characters(exclude_characters="{["), max_size=12),
    value=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=8), max_size=3),
    after=st.text(st.characters(exclude_characters="{["), max_size=12),
)
def test_an_object_is_found_in_any_text_around_it(
    before: str, value: dict[str, object], after: str
) -> None:
    ((where, found),) = json_parts(before + json.dumps(value) + after)
    assert found == value
    assert where.start == len(before)


def test_schemas_of_draft_7_and_2020_are_both_taken() -> None:
    old = {"items": [{"type": "integer"}, {"type": "string"}]}
    new = {"prefixItems": [{"type": "integer"}, {"type": "string"}]}
    for schema in (old, new):
        assert _is('[1, "a"]', schema).holds is True
        assert _is('["a", 1]', schema).holds is False


@pytest.mark.parametrize(
    ("format_", "good", "bad"),
    [
        ("date", "2026-11-23", "23.11.2026"),
        ("date-time", "2026-11-23T10:00:00Z", "2026-11-23"),
        ("time", "10:30:00", "half past"),
        ("email", "a@b.org", "a.b.org"),
        ("uri", "https://example.org/x", "example"),
        ("ipv4", "10.0.0.1", "10.0.0.300"),
        ("uuid", "12345678-1234-5678-1234-567812345678", "1234"),
    ],
)
def test_the_usual_formats_are_checked(format_: str, good: str, bad: str) -> None:
    assert _is(json.dumps(good), {"format": format_}).holds is True
    assert _is(json.dumps(bad), {"format": format_}).holds is False
    assert _is("5", {"format": format_}).holds is True


def test_patterns_in_a_schema_work_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"patternProperties": {"^x_": {"type": "integer"}}, "pattern": "^[A-Z]+$"}
    assert _is('{"x_a": 1, "b": "c"}', schema).holds is True
    assert _is('{"x_a": "1"}', schema).holds is False
    assert _is('"ABC"', schema).holds is True
    assert _is('"abc"', schema).holds is False
    monkeypatch.setattr(patterns, "TIME_LIMIT_S", 0.1)
    slow = _is(json.dumps("a" * 60 + "b"), {"pattern": "(a|aa)+$"})
    assert slow.holds is None
    assert "longer than" in slow.reason


def test_a_schema_reaches_no_file_and_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "any.json").write_text("true")
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("a connection"))
    for target in ((tmp_path / "any.json").as_uri(), "http://example.org/schema.json"):
        found = _is("1", {"$ref": target})
        assert found.holds is None
        assert "which it does not hold" in found.reason


def test_a_schema_that_refers_to_itself_without_end_is_stopped() -> None:
    found = _is("1", {"$ref": "#"})
    assert found.holds is None
    assert "without end" in found.reason


def test_a_schema_that_doubles_its_work_at_every_step_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_text, "TIME_LIMIT_S", 0.2)
    definitions: dict[str, object] = {"s0": {"type": "integer"}}
    for i in range(1, 40):
        definitions[f"s{i}"] = {"allOf": [{"$ref": f"#/$defs/s{i - 1}"}] * 2}
    started = time.process_time()
    found = _is("1", {"$defs": definitions, "$ref": "#/$defs/s39"})
    assert found.holds is None
    assert "longer than" in found.reason
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        "5",
        '{"type": "objekt"}',
        '{"pattern": "("}',
        '{"patternProperties": {"a{999999999}": 1}}',
    ],
)
def test_a_broken_schema_is_refused_when_it_is_read(schema: str) -> None:
    with pytest.raises(SchemaError):
        check_schema(schema)


def test_a_property_that_is_called_pattern_is_no_pattern() -> None:
    check_schema('{"properties": {"pattern": {"type": "string"}}}')
