"""Which sessions a list or a search is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, get_args

import typer

from cli.usage import WrongUsage
from engine.contract import SessionKind
from storage.query import Query, SortKey

_FILTERS: Final = "Which sessions"
_SORTS: Final = ", ".join(get_args(SortKey))
_KINDS: Final = ", ".join(get_args(SessionKind))


@dataclass(frozen=True)
class FilterOptions:
    models: Annotated[
        list[str],
        typer.Option(
            "--model",
            metavar="FILE",
            help="Only those with this model file; repeatable, one suffices.",
            rich_help_panel=_FILTERS,
        ),
    ] = field(default_factory=list)
    quantizations: Annotated[
        list[str],
        typer.Option(
            "--quantization",
            metavar="TYPE",
            help="Only those with a model in this quantization, as Q4_K_M; repeatable, one suffices.",
            rich_help_panel=_FILTERS,
        ),
    ] = field(default_factory=list)
    tags: Annotated[
        list[str],
        typer.Option(
            "--tag",
            metavar="TAG",
            help="Only those with this tag; repeatable, all are needed.",
            rich_help_panel=_FILTERS,
        ),
    ] = field(default_factory=list)
    kinds: Annotated[
        list[str],
        typer.Option(
            "--kind",
            metavar="KIND",
            help=f"Only those of this kind: {_KINDS}; repeatable, one suffices.",
            rich_help_panel=_FILTERS,
        ),
    ] = field(default_factory=list)
    machines: Annotated[
        list[str],
        typer.Option(
            "--machine",
            metavar="CPU",
            help="Only those run on this processor, named as a session shows it; repeatable, one suffices.",
            rich_help_panel=_FILTERS,
        ),
    ] = field(default_factory=list)
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Only those of this day and later, as 2026-03-01.",
            rich_help_panel=_FILTERS,
        ),
    ] = None
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Only those before this day.",
            rich_help_panel=_FILTERS,
        ),
    ] = None
    starred: Annotated[
        bool, typer.Option("--starred", help="Only those with a star.", rich_help_panel=_FILTERS)
    ] = False
    sort: Annotated[
        str,
        typer.Option(metavar="KEY", help=f"Sort by: {_SORTS}.", rich_help_panel=_FILTERS),
    ] = "created"
    ascending: Annotated[
        bool,
        typer.Option("--ascending", help="The smallest or oldest first.", rich_help_panel=_FILTERS),
    ] = False

    def query(self, text: str = "") -> Query:
        """Raises WrongUsage for a kind or a key that there is not."""
        return Query(
            text=text,
            models=tuple(self.models),
            quantizations=tuple(self.quantizations),
            tags=tuple(self.tags),
            kinds=tuple(_kind(each) for each in self.kinds),
            machines=tuple(self.machines),
            starred=self.starred,
            since=self.since and self.since.astimezone(),
            until=self.until and self.until.astimezone(),
            sort=_sort_key(self.sort),
            ascending=self.ascending,
        )


def _kind(word: str) -> SessionKind:
    kinds: tuple[SessionKind, ...] = get_args(SessionKind)
    for kind in kinds:
        if kind == word:
            return kind
    raise WrongUsage(f"There is no kind of session named {word}, given to --kind. Use {_KINDS}.")


def _sort_key(word: str) -> SortKey:
    keys: tuple[SortKey, ...] = get_args(SortKey)
    for key in keys:
        if key == word:
            return key
    raise WrongUsage(f"Sessions cannot be sorted by {word}. Give --sort one of: {_SORTS}.")
