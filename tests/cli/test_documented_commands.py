"""The commands that README, the pages of docs and --help name are ones that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cli.app import app, run
from cli.help_view import EXAMPLES
from tests.cli.conftest import ROOT

PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "cli.md"),
]
ROOT_COMMAND: Any = typer.main.get_command(app)


def documented(page: str) -> Iterator[str]:
    """Commands in blocks of code, without the comment behind them, and those within the text."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for line in re.findall(r"^\S+ main\.py (.+)$", "\n".join(blocks), re.MULTILINE):
        yield line.partition(" #")[0].strip()
    names = "|".join(ROOT_COMMAND.commands)
    for text in re.findall(
        r"`([^`]+)`", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    ):
        command = " ".join(text.split()).removeprefix("python main.py ")
        if re.match(rf"({names}) [^…]", command):
            yield command


def parse(command: str) -> None:
    """Raises where the command line does not take it; runs nothing. Bare names need only exist."""
    words = shlex.split(command.replace("…", "A"))
    inner = ROOT_COMMAND
    while hasattr(inner, "commands") and words:
        inner = inner.commands[words.pop(0)]
    if not words:
        return
    if all(word.startswith("-") for word in words):
        assert set(words) <= {name for option in inner.params for name in option.opts}
    else:
        inner.make_context("main.py", words)


ALL = sorted({each for page in PAGES for each in documented(page.read_text(encoding="utf-8"))})


def test_the_pages_name_commands() -> None:
    assert len(ALL) > 30


@pytest.mark.parametrize("command", [each for each in ALL if not each.startswith("-")])
def test_a_documented_command_is_taken(command: str) -> None:
    parse(command)


@pytest.mark.parametrize("path", EXAMPLES, ids=" ".join)
def test_help_shows_examples_that_are_taken(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run((*path, "--help")) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for example in EXAMPLES[path]:
        parse(example)
        assert example in shown


@pytest.mark.parametrize("path", [("compare",), ("suite",), ("sessions", "export")], ids=" ".join)
def test_help_names_no_types_of_python(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    run((*path, "--help"))
    assert not re.search(r"<\w+|list\[", capsys.readouterr().out)
