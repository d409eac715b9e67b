"""What narrows and sorts a search of a hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import typer

from cli.usage import WrongUsage

_NARROWING: Final = "Narrowing"
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMBT]?)", re.IGNORECASE)
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


@dataclass(frozen=True)
class SearchOptions:
    sort: Annotated[
        Literal["downloads", "likes", "recency", "trending"],
        typer.Option(
            metavar="ORDER", help="What comes first: downloads, likes, recency or trending."
        ),
    ] = "downloads"
    min_parameters: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="At least so many, as in 1.5B or 500M.", rich_help_panel=_NARROWING
        ),
    ] = None
    max_parameters: Annotated[
        str | None,
        typer.Option(metavar="N", help="At most so many, as in 8B.", rich_help_panel=_NARROWING),
    ] = None
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="As llama.cpp names it, or how it begins: qwen3, llama, gemma3.",
            rich_help_panel=_NARROWING,
        ),
    ] = None
    licence: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="As the hub names it: apache-2.0, mit, gemma, llama3.2.",
            rich_help_panel=_NARROWING,
        ),
    ] = None
    fits: Annotated[
        bool,
        typer.Option(
            "--fits",
            help="Leave out what does not fit into the memory that is free here now, at Q4_K_M.",
            rich_help_panel=_NARROWING,
        ),
    ] = False

    def bounds(self) -> tuple[int | None, int | None]:
        """Fewest and most parameters; raises WrongUsage."""
        fewest = _parameters("--min-parameters", self.min_parameters)
        most = _parameters("--max-parameters", self.max_parameters)
        if fewest is not None and most is not None and fewest > most:
            raise WrongUsage(
                f"The range runs backwards: --min-parameters {self.min_parameters} is more than "
                f"--max-parameters {self.max_parameters}."
            )
        return fewest, most


def _parameters(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise WrongUsage(f"{option} takes a number of parameters such as 500M or 8B, not “{text}”.")
    return round(float(match[1]) * _UNITS[match[2].upper()])
