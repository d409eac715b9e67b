"""What `suite` takes besides its models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

_CASES: Final = "Cases"


@dataclass(frozen=True)
class SuiteOptions:
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases",
            metavar="FILE",
            help="YAML (promptfoo's too), JSON, JSONL or CSV.",
            rich_help_panel=_CASES,
        ),
    ] = None
    ready: Annotated[
        str | None,
        typer.Option(
            "--ready",
            metavar="NAME",
            help="A ready suite; 'list' names them.",
            rich_help_panel=_CASES,
        ),
    ] = None
    number: Annotated[
        int,
        typer.Option(
            "--number",
            min=1,
            metavar="N",
            help="Cases of a ready suite.",
            rich_help_panel=_CASES,
        ),
    ] = 50
    seed: Annotated[
        int,
        typer.Option(
            "--suite-seed", metavar="N", help="Other cases of it.", rich_help_panel=_CASES
        ),
    ] = 1
    margin: Annotated[
        float | None,
        typer.Option(
            "--margin",
            metavar="POINTS",
            help="The loss of passed cases, in points of 100, that would still do.",
            show_default="5, or the resumed session's",
        ),
    ] = None
    max_tokens: Annotated[
        int, typer.Option("-n", "--max-tokens", min=1, metavar="N", help="A reply's limit.")
    ] = 256
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, metavar="N", help="Ask each case N times.")
    ] = 1
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic",
            help="One case at a time: slower, with latencies, the same again on every run.",
        ),
    ] = False
    ctx: Annotated[
        int | None,
        typer.Option("-c", "--ctx", min=1, metavar="N", help="Longest case in tokens."),
    ] = None
    threads: Annotated[
        int | None,
        typer.Option(
            "-t",
            "--threads",
            min=1,
            metavar="N",
            help="Processor threads.",
            show_default="one a physical core",
        ),
    ] = None
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Finish a suite that was stopped or interrupted, or judge it anew.",
        ),
    ] = None
    as_json: Annotated[
        bool, typer.Option("--json", help="Write the session with scores and verdicts as JSON.")
    ] = False
