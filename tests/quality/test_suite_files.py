"""Suites from files: what is read, in which form, and what is filled in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.checks import (
    CheckSet,
    ExactMatchCheck,
    JsonCheck,
    ListCheck,
    RegexCheck,
    TextCheck,
    UnsupportedCheck,
)
from engine.errors import PlanError
from engine.quality.cases import read_pasted_suite, read_suite
from engine.quality.suite import Suite, cases_by_id, joined
from tests.quality.suites import SUITES, contents, read


@pytest.fixture(scope="module")
def promptfoo() -> Suite:
    return read_suite(SUITES / "promptfooconfig.yaml")


def test_a_promptfoo_configuration_is_read_as_it_is(promptfoo: Suite) -> None:
    assert promptfoo.name == "Customer service"
    first = cases_by_id(promptfoo)["1/prompt-1"]
    assert contents(first) == ["Answer the customer politely: What is the capital of France?"]
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
    assert "12:30" in contents(case)[0]
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
    assert 'Say "hello", twice' in contents(greeting)[0]


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
    assert contents(suite.cases[1]) == ["Say no."]


def test_a_spreadsheets_semicolons_and_byte_order_mark_are_read() -> None:
    suite = read_suite(SUITES / "own.csv")
    assert [case.id for case in suite.cases] == ["1st", "2nd"]
    assert contents(suite.cases[0]) == ["Name a colour,\nany colour"]
    assert suite.cases[0].group == "colours"
    assert suite.cases[1].critical
    equals = suite.cases[1].checks[0]
    assert isinstance(equals, TextCheck)
    assert (equals.type, equals.value) == ("equals", "5")


def test_a_table_is_one_whatever_it_is_called() -> None:
    text = 'prompt,__expected,critical\nSay hi,"icontains: hi",yes\n'
    (case,) = read_pasted_suite(text, name="standard input").cases
    assert case.critical
    assert [check.type for check in case.checks] == ["icontains"]


def test_a_json_array_is_read_and_so_is_pasted_text(tmp_path: Path) -> None:
    text = '[{"vars": {"prompt": "Hi"}, "assert": [{"type": "equals", "value": "Hi"}]}]'
    assert len(read(tmp_path, text, "suite.json").cases) == 1
    assert len(read_pasted_suite(text, "json").cases) == 1
    assert contents(read_pasted_suite("prompt,expected\nHi,Hi\n", "csv").cases[0]) == ["Hi"]


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
    assert contents(suite.cases[0]) == [filled]


def test_a_chat_whose_values_are_dumped_is_a_chat(tmp_path: Path) -> None:
    suite = read(
        tmp_path,
        "prompts:\n"
        '  - \'[{"role": "system", "content": "Be {{how}}."}, {"role": "user", "content": {{q | dump}}}]\'\n'
        "tests:\n"
        "  - vars: {how: brief, q: 'Say \"yes\"'}\n",
    )
    assert [m.role for m in suite.cases[0].messages] == ["system", "user"]
    assert contents(suite.cases[0]) == ["Be brief.", 'Say "yes"']


def test_names_are_filled_in_wherever_they_stand(tmp_path: Path) -> None:
    suite = read(
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
    assert contents(suite.cases[0]) == ['4> Ada has Tim, 4 and true; {"a": [1]}; <Ada>!']
    check = suite.cases[0].checks[0]
    assert isinstance(check, ListCheck)
    assert check.values == ("4", "Ada")


def test_merged_mappings_are_read_and_can_be_overruled(tmp_path: Path) -> None:
    suite = read(
        tmp_path,
        "- &first\n  id: one\n  prompt: Hi\n  critical: true\n- <<: *first\n  id: two\n",
    )
    assert [(c.id, c.critical) for c in suite.cases] == [("one", True), ("two", True)]


def test_a_text_beside_the_suite_is_a_variable(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada")
    suite = read(tmp_path, "- {prompt: 'Sum up: {{x}}', vars: {x: 'file://letter.txt'}}\n")
    assert contents(suite.cases[0]) == ["Sum up: Dear Ada"]


def test_a_file_of_prompts_is_parted_at_three_hyphens(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("One {{x}}\n---\nTwo\n{{x}}\n")
    suite = read(tmp_path, "prompts: file://p.txt\ntests: [{vars: {x: A}}]\n")
    assert [contents(case) for case in suite.cases] == [["One A"], ["Two\nA"]]


def test_the_prompt_of_a_case_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("One {{x}}")
    suite = read(tmp_path, "- {prompt: 'file://p.txt', vars: {x: A}}\n")
    assert [(case.id, contents(case)) for case in suite.cases] == [("1", ["One A"])]


def test_suites_are_joined_unless_two_cases_share_an_id(tmp_path: Path) -> None:
    one, two = read(tmp_path, "- {id: a, prompt: A}\n"), read(tmp_path, "- {id: b, prompt: B}\n")
    assert [case.id for case in joined("both", [one, two]).cases] == ["a", "b"]
    with pytest.raises(PlanError, match="“a”"):
        joined("both", [one, one])
