"""What `sessions rerun` changes before it runs a session once more."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True)
class ChangeOptions:
    swap: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=FILE",
            help="Put another model file in the place of a contender, in the same settings; repeatable.",
        ),
    ] = field(default_factory=list)
    add: Annotated[
        list[Path], typer.Option(metavar="FILE", help="Let this model take part too; repeatable.")
    ] = field(default_factory=list)
    without: Annotated[
        list[str], typer.Option(metavar="NAME", help="Leave a contender out; repeatable.")
    ] = field(default_factory=list)
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting by the name that the session's JSON has for it, for all contenders, as"
            " temperature=0.7, max_tokens=512, threads=4, n_ctx=8192 or repeats=3, and of a fidelity run"
            " until=0.005, max_chunks=40 or noise_floor=false; repeatable.",
        ),
    ] = field(default_factory=list)
    title: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="What to call the new session.",
            show_default="as the earlier one; of a speed or fidelity run, what it measures",
        ),
    ] = None
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Write the new session as JSON to standard output, all else to standard error; a speed or"
            " fidelity run as `bench --json` and `fidelity --json` do.",
        ),
    ] = False
