"""Suites made to take time, memory or other files are refused; no text is too strange."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SuiteError
from engine.quality.cases import TextForm, read_pasted_suite
from tests.quality.suites import contents, faults_of


@pytest.mark.parametrize(
    "template",
    [
        "{{ x " + "| replace('a', 'aaaaaaaaaa') " * 20 + "}}",
        "{{ x | replace('', '" + "b" * 2_000_000 + "') }}",
        "{{ many | join('" + "b" * 2_000_000 + "') }}",
        "{{ x | replace('a') }}",
        "{{ x | join }}",
    ],
)
def test_filters_that_would_fill_the_memory_are_not_done(template: str) -> None:
    case = {
        "prompt": template,
        "vars": {"x": "aaa", "many": ["a"] * 100},
        "options": {"disableVarExpansion": True},
    }
    with pytest.raises(SuiteError, match="is not done on"):
        read_pasted_suite(json.dumps([case]), "json")


def test_an_indent_of_any_size_is_a_small_one() -> None:
    case = {"prompt": "{{ x | dump(1000000000) }}", "vars": {"x": {"a": 1}}}
    assert contents(read_pasted_suite(json.dumps([case]), "json").cases[0]) == [
        json.dumps({"a": 1}, indent=10)
    ]


def test_variables_that_refer_to_each_other_without_end_are_refused(tmp_path: Path) -> None:
    text = "- {prompt: '{{a}}', vars: {a: '{{b}}', b: '{{a}}'}}\n"
    assert "without end" in faults_of(tmp_path, text)[0]


def test_variables_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    variables = {f"v{i}": f"{{{{v{i + 1}}}}}" * 100 for i in range(3)} | {"v3": "x" * 100}
    text = json.dumps([{"prompt": "{{v0}}", "vars": variables}])
    started = time.process_time()
    (fault,) = faults_of(tmp_path, text, "suite.json")
    assert time.process_time() - started < 5
    assert "grows longer than 1000000 characters" in fault


def test_aliases_that_multiply_are_stopped(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    started = time.process_time()
    faults = faults_of(tmp_path, "\n".join(lines))
    assert time.process_time() - started < 5
    assert "holds more than 300000 values" in faults[0]


@pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000 + "x", "{a: " * 5000])
def test_nesting_without_end_is_stopped(tmp_path: Path, text: str) -> None:
    assert "nested more than 60 deep" in faults_of(tmp_path, text)[0]


def test_aliases_do_not_nest_deeper_than_is_allowed(tmp_path: Path) -> None:
    deep = "[" * 40 + "]" * 40
    text = f"a: &a {deep}\nb: {'[' * 30}*a{']' * 30}\n"
    assert "nested more than 60 deep" in faults_of(tmp_path, text)[0]


def test_a_suite_reads_no_file_outside_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    for name in ("../secret.txt", str(tmp_path / "secret.txt"), "link.txt"):
        faults = faults_of(inside, f"- prompt: '{{{{x}}}}'\n  vars: {{x: 'file://{name}'}}\n")
        assert "lies outside the folder of the suite" in faults[0]


def test_a_pasted_suite_reads_no_file_at_all() -> None:
    with pytest.raises(SuiteError, match="without a folder"):
        read_pasted_suite("- {prompt: '{{x}}', vars: {x: 'file://x.txt'}}", "yaml")


def test_too_many_combinations_are_refused_before_they_are_made(tmp_path: Path) -> None:
    lists = "\n".join(f"    v{i}: [{', '.join(map(str, range(100)))}]" for i in range(6))
    faults = faults_of(tmp_path, f"- prompt: x\n  vars:\n{lists}\n")
    assert "its lists make more than" in faults[0]


KEYS = [
    *("prompt", "prompts", "tests", "vars", "assert", "type", "value", "options", "id"),
    *("defaultTest", "messages", "role", "content", "metadata", "threshold", "choices"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_whatever_a_file_holds_is_a_suite_or_a_suite_error(value: object) -> None:
    try:
        suite = read_pasted_suite(json.dumps(value), "json")
    except SuiteError as e:
        message = str(e)
    else:
        message = suite.name
    assert message


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200), form=st.sampled_from(["yaml", "json", "jsonl", "csv"]))
def test_no_text_is_too_strange(text: str, form: TextForm) -> None:
    try:
        found = read_pasted_suite(text, form).name
    except SuiteError as e:
        found = str(e)
    assert "pasted." in found
