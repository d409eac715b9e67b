"""What `models quantize` and `models imatrix` take besides the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.threads_option import Threads


@dataclass(frozen=True)
class QuantizeOptions:
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to.", show_default="the models folder"),
    ] = None
    imatrix: Annotated[
        Path | None,
        typer.Option(
            "--imatrix",
            metavar="FILE",
            help="An importance matrix of this model, from models imatrix, llama-imatrix or a hub.",
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell how large each would be.")
    ] = False
    as_json: Annotated[bool, typer.Option("--json", help="Write what was made as JSON.")] = False


@dataclass(frozen=True)
class ImatrixOptions:
    text: Annotated[
        Path,
        typer.Option("--text", metavar="FILE", help="A text in UTF-8, of what the model is for."),
    ]
    chunks: Annotated[
        int | None,
        typer.Option(
            "--chunks",
            min=1,
            metavar="N",
            help="Only the first N chunks of 512 tokens.",
            show_default="the whole text",
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="Where to.", show_default="the models folder"
        ),
    ] = None
    threads: Threads = None
    as_json: Annotated[bool, typer.Option("--json", help="Write what was made as JSON.")] = False
