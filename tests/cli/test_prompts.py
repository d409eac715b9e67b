"""Prompts from the options, a file and standard input."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from cli.compare_options import PromptOptions
from cli.prompts import read_cases
from cli.usage import WrongUsage


def contents(options: PromptOptions, *, from_stdin: bool = False) -> list[str]:
    return [case.messages[-1].content for case in read_cases(options, from_stdin=from_stdin)]


def test_prompts_come_in_the_order_of_options_file_and_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "prompts.txt"
    file.write_text("third\n", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("fourth\nwith two lines\n"))
    options = PromptOptions(prompt=["first", "second"], prompts=file)
    assert contents(options, from_stdin=True) == [
        "first",
        "second",
        "third",
        "fourth\nwith two lines",
    ]


def test_a_file_of_prompts_may_be_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    assert contents(PromptOptions(prompts=Path("-"))) == ["one", "two"]


def test_the_system_message_stands_before_every_prompt() -> None:
    cases = read_cases(PromptOptions(prompt=["a", "b"], system="Be brief."), from_stdin=False)
    assert [case.messages[0].content for case in cases] == ["Be brief.", "Be brief."]
    assert [case.messages[0].role for case in cases] == ["system", "system"]


def test_raw_prompts_go_around_the_template() -> None:
    (case,) = read_cases(PromptOptions(prompt=["Once upon"], raw=True), from_stdin=False)
    assert case.format == "completion"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (PromptOptions(), "no prompt"),
        (PromptOptions(prompt=["  "]), "empty"),
        (PromptOptions(prompts=Path("nowhere.txt")), "nowhere.txt"),
        (PromptOptions(prompt=["a"], raw=True, system="b"), "--raw"),
        (PromptOptions(prompt=["\udcff"]), "UTF-8"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(options: PromptOptions, word: str) -> None:
    with pytest.raises(WrongUsage, match=word):
        read_cases(options, from_stdin=False)
