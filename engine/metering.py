"""The energy of a reply, asked of the meter around its request."""

from __future__ import annotations

import time
from typing import TypedDict

from engine.contract import DeviceInfo, Energy
from engine.energy.pooling import IN_A_BATCH
from engine.energy.seam import EnergyMeter, Window
from engine.pool import Slot
from engine.protocol import Generated

SHARED = "Several contenders ran at once, so no sensor can tell their shares apart."


class Metering:
    """Around one request: made just before it is handed over, asked when it has ended."""

    def __init__(self, meter: EnergyMeter, slot: Slot, *, shared: bool) -> None:
        self._meter = meter
        self._slot = slot
        self._shared = shared
        meter.mark(slot.client.pid)
        self._begin_s = time.monotonic()

    def energy(self, end: Generated) -> Energy:
        if self._shared:
            return Energy(absent={"joules": SHARED, "joules_per_token": SHARED})
        self._meter.mark(self._slot.client.pid)
        runtime = self._slot.loaded.runtime
        first = end.token_times_s[0] if end.token_times_s else None
        window = Window(
            begin_s=self._begin_s,
            end_s=self._begin_s + end.total_s,
            first_token_s=None if first is None else self._begin_s + first,
            busy_threads=runtime.threads,
            prompt_threads=runtime.threads_batch,
            prompt_tokens=end.prompt_tokens,
            generated_tokens=len(end.token_times_s),
            **_where(self._slot),
        )
        return self._meter.energy(window)


class BatchMetering:
    """Around many requests that share every step: a reply is given what lay between two ends.

    Such a share is no reply's own, but their mean is what a reply took, so each is pooled.
    """

    def __init__(self, meter: EnergyMeter, slot: Slot) -> None:
        self._meter = meter
        self._slot = slot
        meter.mark(slot.client.pid)
        self._last_s = time.monotonic()

    def share(self, generated_tokens: int) -> tuple[float, Energy]:
        """Seconds and energy since the last call, at the end of a reply."""
        self._meter.mark(self._slot.client.pid)
        begin_s, self._last_s = self._last_s, time.monotonic()
        window = Window(
            begin_s=begin_s,
            end_s=self._last_s,
            busy_threads=self._slot.loaded.runtime.threads,
            generated_tokens=generated_tokens,
            **_where(self._slot),
        )
        found = self._meter.energy(window)
        if found.joules is None and not found.too_short:
            return window.end_s - window.begin_s, found
        bare = Energy(
            source=found.source,
            kind=found.kind,
            seconds=found.seconds,
            boundary=found.boundary,
            not_covered=found.not_covered,
            parts=found.parts,
            idle_watts=found.idle_watts,
            too_short=True,
            others_cpu_percent=found.others_cpu_percent,
            contaminated=found.contaminated,
            conditions=found.conditions,
            notes=(IN_A_BATCH, *found.notes),
            absent=dict.fromkeys(("joules", "joules_per_token"), IN_A_BATCH),
        )
        return window.end_s - window.begin_s, bare


class _Where(TypedDict):
    gpus: tuple[str, ...]
    integrated_gpus: tuple[str, ...]
    worker_pid: int | None
    remote: bool


def _where(slot: Slot) -> _Where:
    holding = _holding(slot)
    return _Where(
        gpus=tuple(d.description for d in holding if d.kind == "gpu"),
        integrated_gpus=tuple(d.description for d in holding if d.kind == "igpu"),
        worker_pid=slot.client.pid,
        remote=any(device.backend == "RPC" for device in holding),
    )


def _holding(slot: Slot) -> list[DeviceInfo]:
    """The devices besides the CPU that hold a part of the model."""
    used = {use.name for use in slot.loaded.runtime.devices if use.model_bytes or use.kv_bytes}
    return [device for device in slot.devices if device.kind != "cpu" and device.name in used]
