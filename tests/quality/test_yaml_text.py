"""YAML as the 1.2 core schema types it, with lines."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.quality.reading.located import written
from engine.quality.reading.yaml_text import plain_value, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("12:30", "12:30"),
        ("2026-11-23", "2026-11-23"),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("True", True),
        ("~", None),
        ("", None),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("1.2.3", "1.2.3"),
    ],
)
def test_plain_values_are_typed_as_yaml_1_2_types_them(text: str, value: object) -> None:
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


def test_quoted_and_tagged_texts_stay_texts() -> None:
    document = read_yaml("x", "- '1'\n- \"true\"\n- !!str 5\n- |\n  7\n- !!int 8\n")
    assert document.value == ["1", "true", "5", "7\n", 8]


def test_every_place_knows_its_line() -> None:
    document = read_yaml("x", "a:\n  - b: 1\n    c:\n      - 5\n      - 6\nd: &x\n  e: 1\nf: *x\n")
    assert document.line(("a",)) == 1
    assert document.line(("a", 0, "b")) == 2
    assert document.line(("a", 0, "c", 1)) == 5
    assert document.line(("a", 0, "c", 1, "deeper", 3)) == 5
    assert document.line(("f", "e")) == 7
    assert document.line(("missing",)) == 1


def test_a_place_is_written_as_people_write_it() -> None:
    assert written(("tests", 2, "assert", 0, "value")) == "tests[2].assert[0].value"
    assert written((1, "vars")) == "[1].vars"
    assert written(()) == ""


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(JSON_VALUES)
def test_what_pyyaml_writes_in_quotes_is_read_back(value: object) -> None:
    text = yaml.safe_dump(value, default_style='"', allow_unicode=True)
    expected = yaml.safe_load(text)
    assert read_yaml("x", text).value == expected
