"""What `fidelity` takes besides its models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.threads_option import Threads
from engine.limits import MOST_TOKENS

_TEXT: Final = "Text or prompts, one of"
_HOW: Final = "How much and how exact"


@dataclass(frozen=True)
class FidelityOptions:
    text: Annotated[
        Path | None,
        typer.Option("--text", metavar="FILE", help="A text in UTF-8.", rich_help_panel=_TEXT),
    ] = None
    bundled: Annotated[
        str | None,
        typer.Option(
            "--bundled",
            metavar="NAME",
            help="A text that comes with the program; 'list' names them.",
            show_default="english",
            rich_help_panel=_TEXT,
        ),
    ] = None
    prompts: Annotated[
        Path | None,
        typer.Option(
            "--prompts",
            metavar="FILE",
            help="Your prompts: a suite of any form, or a text with one a line. The reference answers them, "
            "and its replies are put through all models.",
            rich_help_panel=_TEXT,
        ),
    ] = None
    session: Annotated[
        str | None,
        typer.Option(
            "--session",
            metavar="ID",
            help="The replies that the reference gave in a recorded session.",
            rich_help_panel=_TEXT,
        ),
    ] = None
    max_tokens: Annotated[
        int,
        typer.Option(
            "-n",
            "--max-tokens",
            min=1,
            max=MOST_TOKENS,
            metavar="N",
            help="With --prompts: a reply's limit.",
            rich_help_panel=_HOW,
        ),
    ] = 256
    ctx: Annotated[
        int | None,
        typer.Option(
            "-c",
            "--ctx",
            min=8,
            max=MOST_TOKENS,
            metavar="N",
            help="Tokens a chunk; with prompts or a session the longest prompt with its reply.",
            show_default="512; with prompts the trained context, at most 4096",
            rich_help_panel=_HOW,
        ),
    ] = None
    chunks: Annotated[
        int | None,
        typer.Option(
            "--chunks",
            min=1,
            max=MOST_TOKENS,
            metavar="N",
            help="Only the first N chunks or prompts.",
            show_default="all",
            rich_help_panel=_HOW,
        ),
    ] = None
    until: Annotated[
        float | None,
        typer.Option(
            "--until",
            min=0.0,
            max=1.0,
            metavar="NATS",
            help="Stop once every mean KL divergence is known to ± this.",
            rich_help_panel=_HOW,
        ),
    ] = None
    no_noise_floor: Annotated[
        bool,
        typer.Option(
            "--no-noise-floor",
            help="Do not measure what rounding alone does.",
            rich_help_panel=_HOW,
        ),
    ] = False
    threads: Threads = None
    no_history: Annotated[bool, typer.Option("--no-history", help="Do not record the run.")] = False
    as_json: Annotated[bool, typer.Option("--json", help="Write all figures as JSON.")] = False
