"""Prompts from the options, a file or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from cli.compare_options import PromptOptions
from cli.usage import WrongUsage, read_text
from engine.contract import Case, Message
from engine.quality.prompt_lines import split_prompts

STANDARD_INPUT: Final = "-"


def read_cases(options: PromptOptions, *, from_stdin: bool) -> tuple[Case, ...]:
    """One case a prompt: those of -p first, then those of --prompts, then standard input as a whole."""
    texts = list(options.prompt)
    if options.prompts is not None:
        on_stdin = str(options.prompts) == STANDARD_INPUT
        if on_stdin and from_stdin:
            raise WrongUsage("Standard input can be read only once: as - or as --prompts -.")
        content = sys.stdin.read() if on_stdin else read_text(options.prompts, "--prompts")
        texts += split_prompts(content)
    if from_stdin:
        texts.append(sys.stdin.read().strip("\n"))
    if not texts:
        raise WrongUsage(
            "There is no prompt. Give one with -p, a file with --prompts, or - and pipe it in."
        )
    if not all(text.strip() for text in texts):
        raise WrongUsage("A prompt is empty. Write something for the models to answer.")
    if not all(_is_unicode(text) for text in (*texts, options.system or "")):
        raise WrongUsage("A prompt is not text in UTF-8.")
    return make_cases(texts, system=options.system, raw=options.raw)


def make_cases(texts: Iterable[str], *, system: str | None, raw: bool) -> tuple[Case, ...]:
    """Cases numbered from 1."""
    before = (Message(role="system", content=system),) if system else ()
    if raw and before:
        raise WrongUsage("--raw has no system message: put it at the beginning of the prompt.")
    return tuple(
        Case(
            id=str(number),
            messages=(*before, Message(role="user", content=text)),
            format="completion" if raw else "chat",
        )
        for number, text in enumerate(texts, 1)
    )


def _is_unicode(text: str) -> bool:
    """Arguments in another encoding arrive as lone surrogates, which nothing can write again."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def prompt_of(case: Case) -> str:
    """What was asked last."""
    asked = [message.content for message in case.messages if message.role == "user"]
    return asked[-1] if asked else ""
