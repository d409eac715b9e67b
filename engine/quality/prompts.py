"""The user's own prompts from a file: a suite of any form, or a text with one prompt a line."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec.structs import replace

from engine.contract import Case, Message
from engine.errors import SuiteError
from engine.quality.cases import read_suite
from engine.quality.prompt_lines import split_prompts
from engine.quality.reading.files import FileFault, file_text

SUITE_ENDINGS: Final = (".yaml", ".yml", ".json", ".jsonl", ".ndjson", ".csv", ".tsv")


def read_prompts(path: Path) -> tuple[Case, ...]:
    """Cases to be answered freely: checks and choices stay behind. Raises SuiteError."""
    if path.suffix.lower() in SUITE_ENDINGS:
        return tuple(_only_asked(case) for case in read_suite(path).cases)
    try:
        prompts = split_prompts(file_text(path, path.name))
    except FileFault as fault:
        raise SuiteError(f"The prompts cannot be used: {fault.reason}.") from fault
    if not prompts:
        raise SuiteError(f"{path.name} holds no prompt. Write one a line.")
    return tuple(
        Case(id=str(number), messages=(Message(role="user", content=text),))
        for number, text in enumerate(prompts, 1)
    )


def _only_asked(case: Case) -> Case:
    return replace(case, continuations=(), right=None, checks=())
