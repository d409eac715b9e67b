"""What `fidelity` takes besides its models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

_TEXT: Final = "Text"


@dataclass(frozen=True)
class FidelityOptions:
    text: Annotated[
        Path,
        typer.Option("--text", metavar="FILE", help="A text in UTF-8.", rich_help_panel=_TEXT),
    ]
    ctx: Annotated[
        int,
        typer.Option(
            "-c", "--ctx", min=8, metavar="N", help="Tokens a chunk.", rich_help_panel=_TEXT
        ),
    ] = 512
    chunks: Annotated[
        int | None,
        typer.Option(
            "--chunks",
            min=1,
            metavar="N",
            help="Only the first N chunks.",
            show_default="the whole text",
            rich_help_panel=_TEXT,
        ),
    ] = None
    until: Annotated[
        float | None,
        typer.Option(
            "--until",
            min=0.0,
            metavar="NATS",
            help="Stop once every mean KL divergence is known to ± this.",
            rich_help_panel=_TEXT,
        ),
    ] = None
    no_noise_floor: Annotated[
        bool,
        typer.Option(
            "--no-noise-floor",
            help="Do not measure what rounding alone does.",
            rich_help_panel=_TEXT,
        ),
    ] = False
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
    as_json: Annotated[bool, typer.Option("--json", help="Write all figures as JSON.")] = False
