"""What is wrong with a suite's file is named with its place; what cannot run is left out by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SuiteError
from engine.quality.cases import read_suite
from tests.quality.suites import contents, faults_of, read

BROKEN = [
    (
        "- prompt: Hi\n  checks:\n    - type: contains\n",
        "suite.yaml, line 3, [0].checks[0].value: the value is missing.",
    ),
    (
        "- prompt: Hi\n  checks: [{type: contians, value: x}]\n",
        "there is no check named “contians”; did you mean “contains”?",
    ),
    (
        "- prompt: Hi\n  critcal: true\n",
        "line 2, [0].critcal: “critcal” is not known; did you mean “critical”?",
    ),
    ("- prompt: Hi\n  critical: maybe\n", "line 2, [0].critical: the critical has to be true or"),
    ("- prompt: '{{who}}'\n", "line 1, [0].vars: {{who}} has no value in this case."),
    (
        "- prompt: Hi\n  checks:\n  - {type: equals, value: '{{who}}'}\n",
        "line 3, [0].checks[0]: {{who}} has no value",
    ),
    (
        "- id: a\n  prompt: Hi\n- id: a\n  prompt: Ho\n",
        "line 3, [1].id: another case is called “a” as well.",
    ),
    ("- prompt: Hi\n  threshold: high\n", "line 2, [0].threshold: the threshold is no number."),
    ("- messages: [{role: robot, content: x}]\n", "[0].messages[0].role: the role has to be one"),
    ("- messages: [{role: user}]\n", "[0].messages[0].content: the content is missing."),
    ("- prompt: [x]\n", "a message needs a role and a content"),
    ("- prompt: Hi\n  choices: [a, b]\n  right: c\n", "line 3, [0].right: it has to be one of"),
    ("- prompt: Hi\n  format: xml\n", "line 2, [0].format: it has to be chat or completion."),
    ("prompts: [Hi]\n", "there are no tests in it."),
    ("just text\n", "a suite is a list of cases, or {prompts, tests}."),
    ("- 5\n", "suite.yaml, line 1, [0]: a test is a mapping."),
    ("tests: [5]\n", "line 1, tests[0]: a test is a mapping, or a file of them."),
    ("- prompt: Hi\n  prompt: Ho\n", "line 2: “prompt” is given twice."),
    ("- prompt: [Hi\n", "it is no YAML: "),
    ("a: b: c\n", "line 1: it is no YAML: mapping values are not allowed"),
    ("cases:\n\t- prompt: Hi\n", "line 2: it is indented with a tab, and YAML takes spaces only."),
    ("- prompt: Hi\n  threshold: 7\n", "[0].threshold: the threshold is above 1, which no score"),
    ("- prompt: file://no.txt\n", "line 1, [0].prompt: “no.txt” cannot be read: No such file"),
    ("- prompt: file://../no.txt\n", "“../no.txt” lies outside the folder of the suite."),
    ("a: 1\n---\nb: 2\n", "line 2: a second document begins; only one is read."),
    ("- !!python/object/apply:os.system [ls]\n", "python/object/apply:os.system is not read here"),
    ("- *nothing\n", "*nothing refers to nothing before it"),
    ("- &a [*a]\n", "*a refers to itself"),
    ("- ? [1, 2]\n  : x\n", "a key has to be a text or a number"),
    ("- {<<: [5], prompt: Hi}\n", "<< needs a mapping"),
    ("tests: file://missing.csv\n", "line 1, tests: “missing.csv” cannot be read: No such file"),
    ("tests: https://example.org/x.csv\n", "tests are not fetched from elsewhere"),
    (
        "defaultTest: {threshold: x}\ntests: [{vars: {prompt: Hi}}]\n",
        "line 1, defaultTest.threshold: the threshold is no number.",
    ),
    (
        "tests: [{vars: {prompt: Hi}, assert: [{$ref: '#/assertionTemplates/x'}]}]\n",
        "there is no assertion template “x”.",
    ),
]


@pytest.mark.parametrize(("text", "fault"), BROKEN)
def test_a_broken_file_names_line_field_and_reason(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in faults_of(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("s.jsonl", '{"prompt": "a"}\n{"prompt": }\n', "s.jsonl, line 2: it is no JSON: Expecting"),
        ("s.jsonl", '{"prompt": "a"}\n[1]\n', "s.jsonl, line 2, [1]: a test is a mapping."),
        ("s.jsonl", '{"prompt": "a"}\n\n{"prompt": "{{x}}"}\n', "s.jsonl, line 3, [1].vars: {{x}}"),
        ("s.json", '[\n{"prompt": "a",}]', "s.json, line 2: it is no JSON"),
        (
            "s.json",
            '[{"prompt": "a", "checks": [{"type": "x"}]}]',
            "s.json, [0].checks[0].type: there is no check named “x”.",
        ),
        ("s.csv", "prompt,expected\na,b,c\n", "s.csv, line 2: it has 3 cells for 2 columns."),
        ("s.csv", "a,b\n1,2\n3,4\n", "s.csv, line 1: no column is called “prompt”; it has a, b."),
        ("s.csv", "prompt,prompt\na,b\n", "s.csv, line 1: two columns are called “prompt”."),
        ("s.csv", "prompt,\na,b\n", "s.csv, line 1: column 2 has no name."),
        ("s.csv", 'prompt,expected\n"a\nb",x\nc,regex: (\n', "s.csv, line 4, [1].expected.value"),
        ("s.csv", 'prompt\n"a\n', "it is no table"),
        ("s.txt", "x", "“s.txt” is no YAML, JSON, JSONL or CSV file."),
    ],
)
def test_other_forms_name_line_field_and_reason_too(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    assert fault in faults_of(tmp_path, text, name)[0]


def test_all_faults_are_told_at_once_and_not_without_end(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "- prompt: Hi\n  checks: [{type: contains}]\n" * 50)
    assert len(faults) == 20
    assert faults[3].startswith("suite.yaml, line 8, [3].checks[0].value")


def test_a_fault_of_the_defaults_is_told_once(tmp_path: Path) -> None:
    text = (
        "defaultTest:\n  assert:\n    - type: contains\ntests:\n" + "  - vars: {prompt: Hi}\n" * 5
    )
    assert faults_of(tmp_path, text) == (
        "suite.yaml, line 3, defaultTest.assert[0].value: the value is missing.",
    )


def test_what_needs_code_leaves_the_case_out_by_name(tmp_path: Path) -> None:
    suite = read(
        tmp_path,
        "- {prompt: A}\n"
        "- {prompt: '{{ x | sort }}', vars: {x: a}}\n"
        "- {prompt: '{% if x %}B{% endif %}', vars: {x: a}}\n"
        "- {prompt: '{{env.HOME}}'}\n"
        "- {prompt: C, options: {transform: 'output.trim()'}}\n"
        "- {prompt: '{{x}}', vars: {x: 'file://code.py'}}\n",
    )
    assert [contents(case) for case in suite.cases] == [["A"]]
    reasons = [remark.sentence() for remark in suite.not_supported]
    assert len([reason for reason in reasons if "is left out: " in reason]) == 5
    assert any("the filter “sort” is not done on x" in r for r in reasons)
    assert any("only {{name}} is filled in, not “{% if x %}" in r for r in reasons)
    assert any("environment variables" in reason for reason in reasons)


def test_one_prompt_that_cannot_be_filled_leaves_the_others(tmp_path: Path) -> None:
    suite = read(
        tmp_path,
        "prompts: ['{% raw %}{{x}}{% endraw %}', 'Say {{x}}', '{{ x | sort }}', 'Sing {{x}}']\n"
        "tests: [{vars: {x: a}}]\n",
    )
    assert [contents(case) for case in suite.cases] == [["Say a"], ["Sing a"]]
    reasons = [remark.reason for remark in suite.not_supported]
    assert [reason.partition(" is left out")[0] for reason in reasons] == [
        "the case “1/prompt-1”",
        "the case “1/prompt-3”",
    ]


def test_what_left_out_the_cases_is_told_before_what_has_no_effect(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="the case “1” is left out: only"):
        read(tmp_path, "providers: [x]\nprompts: '{% if x %}'\ntests: [{vars: {x: 1}}]\n")


def test_a_suite_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="holds no case that can be run") as caught:
        read(tmp_path, "prompts: ['exec:./make.sh']\ntests: [{vars: {x: 1}}]\n")
    assert "runs code" in str(caught.value)


def test_checks_beside_a_multiple_choice_are_named_as_not_run(tmp_path: Path) -> None:
    choices = "choices: [' blue', ' red'], right: 0"
    check = "assert: [{type: contains, value: blue}]"
    suite = read(tmp_path, f"- {{prompt: Sky, {choices}}}\n- {{prompt: Sky, {choices}, {check}}}\n")
    assert [remark.sentence() for remark in suite.not_supported] == [
        "suite.yaml, line 2, [1]: its checks are not run: which of the choices is likeliest decides."
    ]


@pytest.mark.parametrize("name", ["empty.yaml", "empty.csv", "empty.json", "empty.txt"])
def test_an_empty_file_is_called_empty(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(" \n")
    with pytest.raises(SuiteError, match=f"{name}: it is empty"):
        read_suite(tmp_path / name)


def test_a_file_of_another_kind_is_named_no_more_often_than_needed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Hi")
    with pytest.raises(SuiteError, match=r"cannot be used\. “notes\.txt” is no YAML"):
        read_suite(tmp_path / "notes.txt")


def test_a_file_too_large_or_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_bytes(b"prompt\n" + b"x\n" * 3_000_000)
    with pytest.raises(SuiteError, match="larger than 5 MB"):
        read_suite(tmp_path / "big.csv")
    (tmp_path / "old.csv").write_bytes("prompt\nOk\nGr\xfc\xdfe\n".encode("latin-1"))
    with pytest.raises(SuiteError, match=r"line 3: “old.csv” is not in UTF-8"):
        read_suite(tmp_path / "old.csv")
    with pytest.raises(SuiteError, match="cannot be read: No such file"):
        read_suite(tmp_path / "none.yaml")
