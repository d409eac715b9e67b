"""The energy of a reply, asked of the meter around its request."""

from __future__ import annotations

import time

from engine.contract import DeviceInfo, Energy
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
        holding = _holding(self._slot)
        first = end.token_times_s[0] if end.token_times_s else None
        window = Window(
            begin_s=self._begin_s,
            end_s=self._begin_s + end.total_s,
            first_token_s=None if first is None else self._begin_s + first,
            busy_threads=runtime.threads,
            prompt_threads=runtime.threads_batch,
            prompt_tokens=end.prompt_tokens,
            generated_tokens=len(end.token_times_s),
            gpus=tuple(d.description for d in holding if d.kind == "gpu"),
            integrated_gpus=tuple(d.description for d in holding if d.kind == "igpu"),
            worker_pid=self._slot.client.pid,
            remote=any(device.backend == "RPC" for device in holding),
        )
        return self._meter.energy(window)


def _holding(slot: Slot) -> list[DeviceInfo]:
    """The devices besides the CPU that hold a part of the model."""
    used = {use.name for use in slot.loaded.runtime.devices if use.model_bytes or use.kv_bytes}
    return [device for device in slot.devices if device.kind != "cpu" and device.name in used]
