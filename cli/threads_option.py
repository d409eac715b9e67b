"""`--threads`, the same for each command but `compare`, which groups it, and `bench`, which takes a list."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.limits import MOST_THREADS

Threads = Annotated[
    int | None,
    typer.Option(
        "-t",
        "--threads",
        min=1,
        max=MOST_THREADS,
        metavar="N",
        help="Processor threads.",
        show_default="one a physical core",
    ),
]
