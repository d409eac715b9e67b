"""Prompts of one's own, from a suite's file or from plain lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SuiteError
from engine.quality.prompt_lines import split_prompts
from engine.quality.prompts import read_prompts

LINES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1)


def test_each_line_of_a_file_is_a_prompt() -> None:
    assert split_prompts("One?\n\nTwo?\n") == ["One?", "Two?"]


def test_lines_of_dashes_part_prompts_of_several_lines() -> None:
    assert split_prompts("a\nb\n---\n\nc\n ---\n") == ["a\nb", "c"]


@given(st.lists(LINES.filter(lambda line: line.strip() not in {"", "---"}), min_size=1))
def test_prompts_written_between_dashes_are_read_back(prompts: list[str]) -> None:
    assert split_prompts("\n---\n".join([*prompts, ""])) == prompts


def asked(path: Path) -> list[str]:
    return [case.messages[-1].content for case in read_prompts(path)]


def test_a_text_file_gives_numbered_cases(tmp_path: Path) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text("\ufeffOne?\r\nZwölf?\n", encoding="utf-8")
    assert asked(file) == ["One?", "Zwölf?"]
    assert [case.id for case in read_prompts(file)] == ["1", "2"]


def test_a_suite_gives_its_prompts_without_checks_and_choices(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(
        "cases:\n"
        "  - {id: sum, system: Be brief., prompt: '1 + 1?', checks: [{type: contains, value: '2'}]}\n"
        "  - {id: pick, prompt: 'Which?', choices: [a, b], right: 0}\n",
        encoding="utf-8",
    )
    cases = read_prompts(file)
    assert [case.id for case in cases] == ["sum", "pick"]
    assert [message.role for message in cases[0].messages] == ["system", "user"]
    assert all(not case.checks and not case.continuations for case in cases)


def test_json_lines_give_a_prompt_each(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"prompt": "One?"}\n{"prompt": "Two?"}\n', encoding="utf-8")
    assert asked(file) == ["One?", "Two?"]


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\n \n", "holds no prompt"), (b"\xff", "not in UTF-8")]
)
def test_a_file_without_prompts_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "prompts.txt"
    file.write_bytes(content)
    with pytest.raises(SuiteError, match=reason):
        read_prompts(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"gone\.txt"):
        read_prompts(tmp_path / "gone.txt")
