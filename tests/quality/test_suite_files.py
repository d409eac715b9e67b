"""Suites from files: what is read, what is named, what is refused and where."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contract import Case
from engine.contract.checks import (
    CheckSet,
    ExactMatchCheck,
    JsonCheck,
    ListCheck,
    RegexCheck,
    TextCheck,
    UnsupportedCheck,
)
from engine.errors import PlanError, SuiteError
from engine.quality.cases import TextForm, read_pasted_suite, read_suite
from engine.quality.suite import Suite, cases_by_id, joined

SUITES = Path(__file__).parents[1] / "data" / "quality" / "suites"


def _read(tmp_path: Path, text: str, name: str = "suite.yaml") -> Suite:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_suite(tmp_path / name)


def _faults(tmp_path: Path, text: str, name: str = "suite.yaml") -> tuple[str, ...]:
    with pytest.raises(SuiteError) as caught:
        _read(tmp_path, text, name)
    return caught.value.faults


def _contents(case: Case) -> list[str]:
    return [message.content for message in case.messages]


@pytest.fixture(scope="module")
def promptfoo() -> Suite:
    return read_suite(SUITES / "promptfooconfig.yaml")


def test_a_promptfoo_configuration_is_read_as_it_is(promptfoo: Suite) -> None:
    assert promptfoo.name == "Customer service"
    first = cases_by_id(promptfoo)["1/prompt-1"]
    assert _contents(first) == ["Answer the customer politely: What is the capital of France?"]
    assert first.description == "Capital"
    assert [check.type for check in first.checks] == [
        "icontains",
        "latency",
        "icontains",
        "llm-rubric",
    ]
    assert first.checks[0].negated
    weighted = first.checks[2]
    assert isinstance(weighted, TextCheck)
    assert (weighted.value, weighted.weight) == ("Paris", 2.0)


def test_a_chat_from_a_file_keeps_its_roles(promptfoo: Suite) -> None:
    chat = cases_by_id(promptfoo)["1/prompt-2"].messages
    assert [message.role for message in chat] == ["system", "user"]
    assert chat[0].content == "You work for Acme."


def test_prompts_and_lists_of_variables_multiply_the_cases_of_one_test(promptfoo: Suite) -> None:
    many = [case for case in promptfoo.cases if case.description == "Many"]
    assert [case.id for case in many] == [
        "4/prompt-1/1",
        "4/prompt-1/2",
        "4/prompt-2/1",
        "4/prompt-2/2",
    ]
    assert {case.group for case in many} == {"test 4"}


def test_yes_is_a_text_and_so_is_a_time(promptfoo: Suite) -> None:
    case = cases_by_id(promptfoo)["2/prompt-1"]
    yes = case.checks[2]
    assert isinstance(yes, ListCheck)
    assert yes.values == ("yes", "Yes")
    assert "12:30" in _contents(case)[0]
    assert isinstance(case.checks[3], CheckSet)
    assert case.threshold == 0.5


def test_default_checks_can_be_turned_off_and_a_schema_comes_from_a_file(promptfoo: Suite) -> None:
    case = cases_by_id(promptfoo)["3/prompt-1"]
    (check,) = case.checks
    assert isinstance(check, JsonCheck)
    assert check.schema is not None
    assert json.loads(check.schema)["required"] == ["street", "city"]
    assert (case.group, case.critical) == ("addresses", True)


def test_tests_from_a_table_beside_it_are_added(promptfoo: Suite) -> None:
    total, greeting = cases_by_id(promptfoo)["5/prompt-1"], cases_by_id(promptfoo)["6/prompt-1"]
    assert total.group == "sums"
    assert [check.type for check in total.checks[-2:]] == ["contains", "contains-any"]
    assert total.checks[-1].negated
    pattern = greeting.checks[-1]
    assert isinstance(pattern, RegexCheck)
    assert pattern.pattern == "(?i)hello.*hello"
    assert 'Say "hello", twice' in _contents(greeting)[0]


def test_what_is_not_supported_is_named_with_its_line(promptfoo: Suite) -> None:
    named = [remark.sentence() for remark in promptfoo.not_supported]
    assert [sentence.partition(": ")[0] for sentence in named] == [
        "promptfooconfig.yaml, line 3, providers",
        "promptfooconfig.yaml, line 28, tests[0].assert[1]",
        "promptfooconfig.yaml, line 60, tests[3].assert[0]",
    ]
    assert "“llm-rubric” is not run: It needs a model as the judge" in named[1]
    kept = cases_by_id(promptfoo)["1/prompt-1"].checks[-1]
    assert isinstance(kept, UnsupportedCheck)


def test_our_own_marks_are_read() -> None:
    suite = read_suite(SUITES / "own.yaml")
    cases = cases_by_id(suite)
    refund, capital = cases["refund"], cases["capital"]
    assert suite.name == "Support desk"
    assert (refund.group, refund.critical, refund.answers) == (
        "billing",
        True,
        ("five working days",),
    )
    assert [message.role for message in refund.messages] == ["system", "user"]
    assert isinstance(cases["sum"].checks[-1], ExactMatchCheck)
    assert capital.format == "completion"
    assert capital.right == 0


def test_json_lines_are_read() -> None:
    suite = read_suite(SUITES / "own.jsonl")
    assert [(case.id, case.critical) for case in suite.cases] == [("a", False), ("b", True)]
    assert _contents(suite.cases[1]) == ["Say no."]


def test_a_spreadsheets_semicolons_and_byte_order_mark_are_read() -> None:
    suite = read_suite(SUITES / "own.csv")
    assert [case.id for case in suite.cases] == ["1st", "2nd"]
    assert _contents(suite.cases[0]) == ["Name a colour,\nany colour"]
    assert suite.cases[0].group == "colours"
    assert suite.cases[1].critical
    equals = suite.cases[1].checks[0]
    assert isinstance(equals, TextCheck)
    assert (equals.type, equals.value) == ("equals", "5")


def test_a_json_array_is_read_and_so_is_pasted_text(tmp_path: Path) -> None:
    text = '[{"vars": {"prompt": "Hi"}, "assert": [{"type": "equals", "value": "Hi"}]}]'
    assert len(_read(tmp_path, text, "suite.json").cases) == 1
    assert len(read_pasted_suite(text, "json").cases) == 1
    assert _contents(read_pasted_suite("prompt,expected\nHi,Hi\n", "csv").cases[0]) == ["Hi"]


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
    assert fault in _faults(tmp_path, text)[0]


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
    assert fault in _faults(tmp_path, text, name)[0]


def test_all_faults_are_told_at_once_and_not_without_end(tmp_path: Path) -> None:
    faults = _faults(tmp_path, "- prompt: Hi\n  checks: [{type: contains}]\n" * 50)
    assert len(faults) == 20
    assert faults[3].startswith("suite.yaml, line 8, [3].checks[0].value")


def test_a_fault_of_the_defaults_is_told_once(tmp_path: Path) -> None:
    text = (
        "defaultTest:\n  assert:\n    - type: contains\ntests:\n" + "  - vars: {prompt: Hi}\n" * 5
    )
    assert _faults(tmp_path, text) == (
        "suite.yaml, line 3, defaultTest.assert[0].value: the value is missing.",
    )


def test_what_needs_code_leaves_the_case_out_by_name(tmp_path: Path) -> None:
    suite = _read(
        tmp_path,
        "- {prompt: A}\n"
        "- {prompt: '{{ x | sort }}', vars: {x: a}}\n"
        "- {prompt: '{% if x %}B{% endif %}', vars: {x: a}}\n"
        "- {prompt: '{{env.HOME}}'}\n"
        "- {prompt: C, options: {transform: 'output.trim()'}}\n"
        "- {prompt: '{{x}}', vars: {x: 'file://code.py'}}\n",
    )
    assert [_contents(case) for case in suite.cases] == [["A"]]
    reasons = [remark.sentence() for remark in suite.not_supported]
    assert len([reason for reason in reasons if "is left out: " in reason]) == 5
    assert any("the filter “sort” is not done on x" in r for r in reasons)
    assert any("only {{name}} is filled in, not “{% if x %}" in r for r in reasons)
    assert any("environment variables" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{ x | upper }}", "ADA L."),
        ("{{x|lower|capitalize}}", "Ada l."),
        ("{{ x | title }}", "Ada L."),
        ("{{ spaced | trim }}", "a b"),
        ("{{ n }}{# a note #}", "4"),
        ("{{ many | join(', ') }}", "a, 2"),
        ("{{ many | length }} {{ many | first }} {{ many | last }}", "2 a 2"),
        ("{{ x | replace('Ada', \"Eve\") }}", "Eve L."),
        ("{{ none | default('nothing') }}", "nothing"),
        ("{{ quote | dump }}", '"He said \\"yes\\""'),
        ("{{ many | dump }}", '["a",2]'),
    ],
)
def test_filters_that_only_change_a_text_are_done(template: str, filled: str) -> None:
    variables = {
        "x": "Ada L.",
        "spaced": " a b ",
        "n": 4,
        "many": ["a", 2],
        "quote": 'He said "yes"',
    }
    case = {"prompt": template, "vars": variables, "options": {"disableVarExpansion": True}}
    suite = read_pasted_suite(json.dumps([case]), "json")
    assert _contents(suite.cases[0]) == [filled]


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
    assert _contents(read_pasted_suite(json.dumps([case]), "json").cases[0]) == [
        json.dumps({"a": 1}, indent=10)
    ]


def test_a_chat_whose_values_are_dumped_is_a_chat(tmp_path: Path) -> None:
    suite = _read(
        tmp_path,
        "prompts:\n"
        '  - \'[{"role": "system", "content": "Be {{how}}."}, {"role": "user", "content": {{q | dump}}}]\'\n'
        "tests:\n"
        "  - vars: {how: brief, q: 'Say \"yes\"'}\n",
    )
    assert [m.role for m in suite.cases[0].messages] == ["system", "user"]
    assert _contents(suite.cases[0]) == ["Be brief.", 'Say "yes"']


def test_one_prompt_that_cannot_be_filled_leaves_the_others(tmp_path: Path) -> None:
    suite = _read(
        tmp_path,
        "prompts: ['{% raw %}{{x}}{% endraw %}', 'Say {{x}}', '{{ x | sort }}', 'Sing {{x}}']\n"
        "tests: [{vars: {x: a}}]\n",
    )
    assert [_contents(case) for case in suite.cases] == [["Say a"], ["Sing a"]]
    reasons = [remark.reason for remark in suite.not_supported]
    assert [reason.partition(" is left out")[0] for reason in reasons] == [
        "the case “1/prompt-1”",
        "the case “1/prompt-3”",
    ]


def test_what_left_out_the_cases_is_told_before_what_has_no_effect(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="the case “1” is left out: only"):
        _read(tmp_path, "providers: [x]\nprompts: '{% if x %}'\ntests: [{vars: {x: 1}}]\n")


def test_a_suite_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="holds no case that can be run") as caught:
        _read(tmp_path, "prompts: ['exec:./make.sh']\ntests: [{vars: {x: 1}}]\n")
    assert "runs code" in str(caught.value)


def test_names_are_filled_in_wherever_they_stand(tmp_path: Path) -> None:
    suite = _read(
        tmp_path,
        "- prompt: '{{ who.name }} has {{who.cats[1]}}, {{n}} and {{flag}}; {{list}}; {{nested}}'\n"
        "  vars:\n"
        "    who: {name: Ada, cats: [Tom, Tim]}\n"
        "    n: 4.0\n"
        "    flag: true\n"
        "    list: {a: [1]}\n"
        "    nested: '<{{who.name}}>'\n"
        "  options: {prefix: '{{n}}> ', suffix: '!'}\n"
        "  checks: [{type: contains-any, value: ['{{n}}', '{{who.name}}']}]\n",
    )
    assert _contents(suite.cases[0]) == ['4> Ada has Tim, 4 and true; {"a": [1]}; <Ada>!']
    check = suite.cases[0].checks[0]
    assert isinstance(check, ListCheck)
    assert check.values == ("4", "Ada")


def test_variables_that_refer_to_each_other_without_end_are_refused(tmp_path: Path) -> None:
    text = "- {prompt: '{{a}}', vars: {a: '{{b}}', b: '{{a}}'}}\n"
    assert "without end" in _faults(tmp_path, text)[0]


def test_variables_that_grow_without_end_are_refused(tmp_path: Path) -> None:
    variables = {f"v{i}": f"{{{{v{i + 1}}}}}" * 100 for i in range(3)} | {"v3": "x" * 100}
    text = json.dumps([{"prompt": "{{v0}}", "vars": variables}])
    started = time.process_time()
    (fault,) = _faults(tmp_path, text, "suite.json")
    assert time.process_time() - started < 5
    assert "grows longer than 1000000 characters" in fault


def test_aliases_that_multiply_are_stopped(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    started = time.process_time()
    faults = _faults(tmp_path, "\n".join(lines))
    assert time.process_time() - started < 5
    assert "holds more than 300000 values" in faults[0]


@pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000 + "x", "{a: " * 5000])
def test_nesting_without_end_is_stopped(tmp_path: Path, text: str) -> None:
    assert "nested more than 60 deep" in _faults(tmp_path, text)[0]


def test_aliases_do_not_nest_deeper_than_is_allowed(tmp_path: Path) -> None:
    deep = "[" * 40 + "]" * 40
    text = f"a: &a {deep}\nb: {'[' * 30}*a{']' * 30}\n"
    assert "nested more than 60 deep" in _faults(tmp_path, text)[0]


def test_merged_mappings_are_read_and_can_be_overruled(tmp_path: Path) -> None:
    suite = _read(
        tmp_path,
        "- &first\n  id: one\n  prompt: Hi\n  critical: true\n- <<: *first\n  id: two\n",
    )
    assert [(c.id, c.critical) for c in suite.cases] == [("one", True), ("two", True)]


def test_a_suite_reads_no_file_outside_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    for name in ("../secret.txt", str(tmp_path / "secret.txt"), "link.txt"):
        faults = _faults(inside, f"- prompt: '{{{{x}}}}'\n  vars: {{x: 'file://{name}'}}\n")
        assert "lies outside the folder of the suite" in faults[0]


def test_a_pasted_suite_reads_no_file_at_all() -> None:
    with pytest.raises(SuiteError, match="without a folder"):
        read_pasted_suite("- {prompt: '{{x}}', vars: {x: 'file://x.txt'}}", "yaml")


def test_a_text_beside_the_suite_is_a_variable(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada")
    suite = _read(tmp_path, "- {prompt: 'Sum up: {{x}}', vars: {x: 'file://letter.txt'}}\n")
    assert _contents(suite.cases[0]) == ["Sum up: Dear Ada"]


def test_a_file_of_prompts_is_parted_at_three_hyphens(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("One {{x}}\n---\nTwo\n{{x}}\n")
    suite = _read(tmp_path, "prompts: file://p.txt\ntests: [{vars: {x: A}}]\n")
    assert [_contents(case) for case in suite.cases] == [["One A"], ["Two\nA"]]


def test_the_prompt_of_a_case_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("One {{x}}")
    suite = _read(tmp_path, "- {prompt: 'file://p.txt', vars: {x: A}}\n")
    assert [(case.id, _contents(case)) for case in suite.cases] == [("1", ["One A"])]


def test_checks_beside_a_multiple_choice_are_named_as_not_run(tmp_path: Path) -> None:
    choices = "choices: [' blue', ' red'], right: 0"
    check = "assert: [{type: contains, value: blue}]"
    suite = _read(
        tmp_path, f"- {{prompt: Sky, {choices}}}\n- {{prompt: Sky, {choices}, {check}}}\n"
    )
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


def test_too_many_combinations_are_refused_before_they_are_made(tmp_path: Path) -> None:
    lists = "\n".join(f"    v{i}: [{', '.join(map(str, range(100)))}]" for i in range(6))
    faults = _faults(tmp_path, f"- prompt: x\n  vars:\n{lists}\n")
    assert "its lists make more than" in faults[0]


def test_suites_are_joined_unless_two_cases_share_an_id(tmp_path: Path) -> None:
    one, two = _read(tmp_path, "- {id: a, prompt: A}\n"), _read(tmp_path, "- {id: b, prompt: B}\n")
    assert [case.id for case in joined("both", [one, two]).cases] == ["a", "b"]
    with pytest.raises(PlanError, match="“a”"):
        joined("both", [one, one])


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
