"""What `models fit` tells: the verdict and the figures behind it, as words and as JSON."""

from __future__ import annotations

import msgspec
from rich.console import Console
from rich.table import Table

from cli.terminal import clean_line, words
from cli.wording import count, significant, size
from engine.contract import DeviceInfo
from models.fit import Fit, Machine, Speed
from storage.uses import Use


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of memory would hold, beside what of it is free."""

    name: str
    need_bytes: int
    free_bytes: int | None


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """How fast it generated here in the newest recorded session that tells; in its settings, not these."""

    generation_tokens_per_s: float
    n_replies: int
    offloaded_layers: int | None
    session: str | None
    day: str


class FitDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `models fit --json` gives; `absent` says why a figure is null."""

    verdict: str
    sentence: str
    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    total_bytes: int
    n_ctx: int
    layers: int
    offloaded_layers: int
    devices: tuple[Place, ...]
    max_context: int | None
    short_bytes: int
    generation_tokens_per_s: Speed | None
    measured: Measured | None
    absent: dict[str, str]


def fit_document(found: Fit, machine: Machine, use: Use | None = None) -> FitDocument:
    """use: of this model on this machine, where it was used before."""
    whole = found.need.whole
    devices: dict[str, DeviceInfo] = {each.name: each for each in machine.devices}
    places = [
        Place(
            name="memory",
            need_bytes=found.need.host.total_bytes,
            free_bytes=machine.host_free_bytes,
        )
    ]
    places += [
        Place(name=name, need_bytes=place.total_bytes, free_bytes=devices[name].free_bytes)
        for name, place in zip(found.devices, found.need.devices, strict=False)
    ]
    absent = dict(found.absent)
    if "speed" in absent:
        absent["generation_tokens_per_s"] = absent.pop("speed")
    measured = None if use is None else _measured(use)
    if measured is None:
        absent["measured"] = "no recorded session of this machine tells its speed"
    return FitDocument(
        verdict=found.verdict,
        sentence=found.sentence,
        weights_bytes=whole.weights_bytes,
        kv_bytes=whole.kv_bytes,
        compute_bytes=whole.compute_bytes,
        total_bytes=whole.total_bytes,
        n_ctx=found.need.n_ctx,
        layers=found.need.layers,
        offloaded_layers=found.need.offloaded_layers,
        devices=tuple(places),
        max_context=found.max_context,
        short_bytes=found.short_bytes,
        generation_tokens_per_s=found.speed,
        measured=measured,
        absent=absent,
    )


def print_fit(console: Console, name: str, found: FitDocument) -> None:
    """The verdict, and the figures behind it."""
    colour = "bold red" if found.verdict == "too large" else "bold green"
    console.print(words(f"{clean_line(name)}: {found.sentence}", colour))
    rows = [
        ("weights", size(found.weights_bytes)),
        (f"context of {found.n_ctx}", size(found.kv_bytes)),
        ("computing", size(found.compute_bytes)),
        ("in all", size(found.total_bytes)),
        ("longest context", str(found.max_context or found.absent["max_context"])),
        ("generation", speed_words(found)),
    ]
    for place in found.devices:
        free = "unknown" if place.free_bytes is None else size(place.free_bytes)
        rows.append((place.name, f"{size(place.need_bytes)} needed, {free} free"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    for head, text in rows:
        grid.add_row(words(f"  {clean_line(head)}", "dim"), words(clean_line(text)))
    console.print(grid)


def speed_words(found: FitDocument) -> str:
    """What was measured here with as many layers on a GPU, else the estimate."""
    measured, estimate = found.measured, found.generation_tokens_per_s
    if measured is not None and measured.offloaded_layers in {None, found.offloaded_layers}:
        replies = count(measured.n_replies, "reply")
        rate = significant(measured.generation_tokens_per_s)
        return f"{rate} tok/s, measured here on {measured.day} ({replies})"
    if estimate is None:
        return found.absent["generation_tokens_per_s"]
    low, high = significant(estimate.low), significant(estimate.high)
    return f"about {significant(estimate.likely)} tok/s ({low} to {high}), estimated"


def _measured(use: Use) -> Measured | None:
    if use.generation_tokens_per_s is None:
        return None
    return Measured(
        generation_tokens_per_s=use.generation_tokens_per_s,
        n_replies=use.n_replies,
        offloaded_layers=use.offloaded_layers,
        session=use.session,
        day=f"{use.last_used.astimezone():%Y-%m-%d}",
    )
