"""models fit: what a model will need here, told from its header alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from cli.loading_options import LoadingOptions
from cli.terminal import clean_line, result_console, words, write_result
from cli.usage import require_file
from cli.wording import significant, size
from engine.bench import Bench
from engine.contract import DeviceInfo
from engine.machine import available_memory
from models import fit
from models.fit import Bandwidth, Fit, Machine, Speed, judge, measure_bandwidth, profile_of
from models.gguf import read_model


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of memory would hold, beside what of it is free."""

    name: str
    need_bytes: int
    free_bytes: int | None


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
    absent: dict[str, str]


def this_machine(rpc_servers: tuple[str, ...], threads: int | None) -> Machine:
    """What is free here now; measuring the bandwidth takes a fifth of a second."""
    bench = Bench(fit=fit)
    try:
        environment = bench.environment(rpc_servers)
    finally:
        bench.close()
    return Machine(
        host_free_bytes=available_memory(),
        devices=environment.devices,
        bandwidth=Bandwidth(host=measure_bandwidth(threads or environment.physical_cores or 1)),
    )


def fit_model(
    file: Path,
    loading: LoadingOptions,
    *,
    as_json: bool,
    machine_of: Callable[[tuple[str, ...], int | None], Machine] = this_machine,
) -> int:
    """The exit code is 0 also for a model that does not fit: that is an answer."""
    require_file(file)
    runtime = loading.runtime()
    profile = profile_of(read_model(file))
    machine = machine_of(runtime.rpc_servers, runtime.threads)
    found = judge(profile, runtime, machine)
    document = _document(found, machine)
    if as_json:
        write_result(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    else:
        _print(result_console(), file, document)
    return 0


def _document(found: Fit, machine: Machine) -> FitDocument:
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
        absent=absent,
    )


def _print(console: Console, file: Path, found: FitDocument) -> None:
    colour = "bold red" if found.verdict == "too large" else "bold green"
    console.print(words(f"{clean_line(file.name)}: {found.sentence}", colour))
    speed = found.generation_tokens_per_s
    rows = [
        ("weights", size(found.weights_bytes)),
        (f"context of {found.n_ctx}", size(found.kv_bytes)),
        ("computing", size(found.compute_bytes)),
        ("in all", size(found.total_bytes)),
        ("longest context", str(found.max_context or found.absent["max_context"])),
        ("generation", _speed(speed) if speed else found.absent["generation_tokens_per_s"]),
    ]
    for place in found.devices:
        free = "unknown" if place.free_bytes is None else size(place.free_bytes)
        rows.append((place.name, f"{size(place.need_bytes)} needed, {free} free"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, text in rows:
        grid.add_row(words(f"  {clean_line(name)}", "dim"), words(clean_line(text)))
    console.print(grid)


def _speed(speed: Speed) -> str:
    low, high = significant(speed.low), significant(speed.high)
    return f"about {significant(speed.likely)} tok/s ({low} to {high}), estimated"
