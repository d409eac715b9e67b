"""What `compare` is asked to run: the prompts, how often, and where the results go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

_PROMPT: Final = "Prompts"
_RUN: Final = "Running and recording"


@dataclass(frozen=True)
class PromptOptions:
    prompt: Annotated[
        list[str],
        typer.Option(
            "-p", "--prompt", metavar="TEXT", help="A prompt; repeatable.", rich_help_panel=_PROMPT
        ),
    ] = field(default_factory=list)
    prompts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A file of prompts: one a line, or, for prompts of several lines, with lines of --- between"
            " them. - reads them from standard input.",
            rich_help_panel=_PROMPT,
        ),
    ] = None
    system: Annotated[
        str | None,
        typer.Option(
            "-s",
            "--system",
            metavar="TEXT",
            help="The system message, for all prompts.",
            rich_help_panel=_PROMPT,
        ),
    ] = None
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help="Let the models continue the prompt as it is, without their chat template.",
            rich_help_panel=_PROMPT,
        ),
    ] = False


@dataclass(frozen=True)
class RunOptions:
    repeat: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Run each prompt so often, the models taking turns; gives median and spread.",
            rich_help_panel=_RUN,
        ),
    ] = 1
    together: Annotated[
        bool,
        typer.Option(
            "--together",
            help="Run all models at once; their timings are then of a shared machine.",
            rich_help_panel=_RUN,
        ),
    ] = False
    title: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="What to call the session.",
            show_default="the first words of the first prompt",
            rich_help_panel=_RUN,
        ),
    ] = None
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Finish a session that was stopped or interrupted.",
            rich_help_panel=_RUN,
        ),
    ] = None
    no_history: Annotated[
        bool,
        typer.Option("--no-history", help="Do not record the session.", rich_help_panel=_RUN),
    ] = False
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Write the session as JSON to standard output, all else to standard error.",
            rich_help_panel=_RUN,
        ),
    ] = False
