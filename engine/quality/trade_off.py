"""A contender's quality beside what it costs: only what was measured, and how it was had."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from statistics import fmean
from typing import Final

import msgspec
import numpy as np

from engine.contract import Contender, Memory, Reply
from engine.cost.assumptions import Assumptions
from engine.cost.entries import local_entry
from engine.cost.usage import Usage
from engine.quality.standings import AXES, Axis, Standing, TradeOff, pareto_front

PER_REPLIES: Final = 1000
"""Money is of so many replies: one alone costs too little to read."""


def trade_offs(
    standings: Sequence[Standing],
    contenders: Sequence[Contender],
    replies: Sequence[Reply],
    assumptions: Assumptions | None = None,
) -> tuple[TradeOff, ...]:
    """assumptions: the prices; without them no money is told."""
    by_name = {each.contender: each for each in standings}
    used = [
        Usage(each.name, [reply for reply in replies if reply.contender == each.name])
        for each in contenders
    ]
    order = sorted({case for usage in used for case in usage.cases})
    points = [
        _point(by_name[contender.name], contender, usage, assumptions, order)
        for contender, usage in zip(contenders, used, strict=True)
    ]
    fronts = {axis: pareto_front(points, axis) for axis in AXES}
    return tuple(
        msgspec.structs.replace(point, front=tuple(axis for axis in AXES if fronts[axis][place]))
        for place, point in enumerate(points)
    )


def known_axes(points: Sequence[TradeOff]) -> list[Axis]:
    """The axes on which every contender has a figure that was had in the same way."""
    return [
        axis
        for axis in AXES
        if points
        and all(getattr(point, axis) is not None for point in points)
        and len({point.how.get(axis) for point in points}) == 1
    ]


def trade_off_csv(points: Sequence[TradeOff]) -> str:
    """A line for each contender; a figure that is not known is empty, and its reason stands beside it."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    heads = ["contender", "passed", "passed_low", "passed_high", "currency"]
    for axis in AXES:
        title = f"money_per_{PER_REPLIES}_replies" if axis == "money" else axis
        heads += [title, f"{axis}_pareto", f"{axis}_how"]
    writer.writerow(heads)
    for point in points:
        row: list[object] = [
            _unformulated(point.contender),
            point.quality,
            point.quality_low,
            point.quality_high,
            point.currency,
        ]
        for axis in AXES:
            figure = getattr(point, axis)
            on_front = None if figure is None or point.quality is None else axis in point.front
            how = point.how.get(axis) or f"not known: {point.absent.get(axis, 'not measured')}"
            row += [figure, None if on_front is None else str(on_front).lower(), how]
        writer.writerow(row)
    return stream.getvalue()


def _point(
    standing: Standing,
    contender: Contender,
    usage: Usage,
    assumptions: Assumptions | None,
    order: Sequence[str],
) -> TradeOff:
    how: dict[Axis, str] = {"size_bytes": "the size of the model's file"}
    absent: dict[Axis, str] = {}
    figures: dict[Axis, float | int | None] = {}
    found: dict[Axis, _Found] = {
        "seconds": _seconds(usage),
        "memory_bytes": _memory(usage),
        "joules": _joules(usage),
        "money": _money(usage, assumptions, order),
    }
    for axis, (figure, words) in found.items():
        figures[axis] = figure
        (absent if figure is None else how)[axis] = words
    memory = figures["memory_bytes"]
    return TradeOff(
        contender=contender.name,
        quality=standing.pass_rate,
        quality_low=standing.low,
        quality_high=standing.high,
        size_bytes=contender.model.size_bytes,
        seconds=figures["seconds"],
        memory_bytes=None if memory is None else int(memory),
        joules=figures["joules"],
        money=figures["money"],
        currency=None if assumptions is None else assumptions.currency,
        how=how,
        absent=absent,
    )


_Found = tuple[float | int | None, str]
"""A figure with how it was had, or None with why it is absent."""


def _seconds(usage: Usage) -> _Found:
    if not usage.replies:
        return None, "there is no finished reply"
    if usage.shared:
        return None, "several contenders ran at once"
    mean = fmean(usage.total_s)
    if not np.isfinite(mean):
        return None, "the replies do not tell how long they took"
    if usage.batched:
        return mean, "measured: the time of a whole batch over its replies, no latency"
    return mean, "measured: one reply at a time"


def _memory(usage: Usage) -> _Found:
    """The peak, else what llama.cpp says it allocated: batched replies share a process."""
    own = [reply.memory for reply in usage.replies if reply.memory.peak_bytes is not None]
    if own and len(own) == len(usage.replies):
        if any(memory.mapped_bytes is None for memory in own):
            return max(map(_held, own)), "measured: the peak of the process, without mapped files"
        return max(map(_held, own)), "measured: the peak of the process, with the files it maps"
    runtimes = [reply.runtime for reply in usage.replies]
    buffers = [
        sum(use.model_bytes + use.kv_bytes + use.compute_bytes for use in runtime.devices)
        for runtime in runtimes
        if runtime is not None
    ]
    if buffers and len(buffers) == len(runtimes) and all(buffers):
        return max(buffers), "told by llama.cpp: weights, cache and buffers, not the whole process"
    return None, "memory was not measured"


def _held(memory: Memory) -> int:
    parts = (memory.peak_bytes, memory.mapped_bytes, memory.device_bytes)
    return sum(part or 0 for part in parts)


def _joules(usage: Usage) -> _Found:
    energy = usage.energy
    if energy.joules is None:
        own = next((reply.energy.absent.get("joules") for reply in usage.replies), None)
        return None, own or energy.absent.get("joules", "energy was not measured")
    return energy.joules, f"{energy.kind}: {energy.source}"


def _money(usage: Usage, assumptions: Assumptions | None, order: Sequence[str]) -> _Found:
    if assumptions is None:
        return None, "no prices were given"
    if not usage.replies:
        return None, "there is no finished reply"
    entry = local_entry(usage, assumptions, order)
    if entry.no_money is not None:
        return None, entry.no_money
    price = f"{assumptions.electricity_price.likely:.3g} {assumptions.currency}/kWh"
    origin = assumptions.origins.get("electricity_price", "")
    kind = "measured" if usage.energy.kind == "measured" else "estimated"
    words = f"electricity at {price}{f', {origin}' if origin else ''}; its energy is {kind}"
    if assumptions.include_hardware:
        words = f"hardware, and {words}"
    return float(entry.likely.money[0]) * PER_REPLIES, words


def _unformulated(text: str) -> str:
    """A spreadsheet runs what begins like a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
