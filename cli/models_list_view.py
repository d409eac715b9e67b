"""What `models list` shows, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from cli.tables import print_table
from cli.terminal import clean_line, words
from cli.wording import NONE, rate, size
from engine.contract import Origin

NEWER = "newer one available"


class ListedPlace(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    app: str


class ListedModel(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is where it is loaded from; sha256 is null while it was not computed.

    generation_tokens_per_s: measured here, in the newest recorded session that tells. newer: whether the hub
    that it came from has a newer file; null where that was not asked or is not known.
    """

    name: str
    path: str
    size_bytes: int
    architecture: str | None
    quantization: str | None
    bits_per_weight: float | None
    parameters: int | None
    n_ctx_train: int | None
    licence: str | None
    sha256: str | None
    origin: Origin | None
    last_used: datetime | None
    generation_tokens_per_s: float | None
    newer: bool | None
    places: tuple[ListedPlace, ...]


class ListedFault(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    reason: str


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """What `models list --json` gives; broken: files that are no usable models."""

    models: tuple[ListedModel, ...]
    broken: tuple[ListedFault, ...]


def print_models(console: Console, models: Sequence[ListedModel]) -> None:
    """Tab-separated where other programs read."""
    if not console.is_terminal:
        for model in models:
            print("\t".join(clean_line(field) for field in _plain(model)))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("model", overflow="fold")
    table.add_column("quantization", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    table.add_column("from", no_wrap=True, style="dim")
    for model in models:
        table.add_row(
            words(clean_line(model.name)),
            words(clean_line(model.quantization or NONE)),
            size(model.size_bytes),
            _speed(model) or NONE,
            _day(model) or NONE,
            words(clean_line(_where(model))),
        )
    print_table(console, table)


def _plain(model: ListedModel) -> tuple[str, ...]:
    return (
        model.path,
        model.name,
        model.quantization or "",
        str(model.size_bytes),
        model.places[0].app,
        _speed(model),
        _day(model),
        NEWER if model.newer else "",
    )


def _where(model: ListedModel) -> str:
    apps = ", ".join(dict.fromkeys(place.app for place in model.places))
    return f"{apps}; {NEWER}" if model.newer else apps


def _speed(model: ListedModel) -> str:
    speed = model.generation_tokens_per_s
    return "" if speed is None else rate(speed)


def _day(model: ListedModel) -> str:
    return "" if model.last_used is None else f"{model.last_used.astimezone():%Y-%m-%d}"
