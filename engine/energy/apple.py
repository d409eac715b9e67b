"""Apple Silicon's own counters (IOReport's group "Energy Model"), through zeus-apple-silicon.

Since macOS 27 the processor's counter can stand at one value for ever while the GPU's is right
(vladkens/macmon#76), and an M5 Max delivers its energy in batches (lablup/all-smi#410): a trace that
does not move is taken as stopped, and no window under two seconds gets a figure.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from engine.energy.zones import Covers, Found, Zone, unusable, usable

SOURCE = "Apple energy model"
STEP_S = 0.1

FIELDS: Mapping[str, tuple[str, Covers, tuple[str, ...]]] = {
    "apple:cpu": ("processor cores", "cpu", ("cpu_total_mj",)),
    "apple:gpu": ("GPU", "gpu", ("gpu_mj", "gpu_sram_mj")),
    "apple:dram": ("memory", "memory", ("dram_mj",)),
}


class AppleReader:
    """Reads the cumulative energy; a channel that this chip lacks is left out."""

    def __init__(self, monitor: Any, zones: tuple[Zone, ...]) -> None:
        self._monitor = monitor
        self.zones = zones

    def read(self) -> dict[str, float]:
        try:
            return _joules(self._monitor.get_cumulative_energy())
        except RuntimeError:
            return {}

    def close(self) -> None:
        pass


def find_apple(monitor: Any = None) -> Found:
    """Open the counters; `monitor` replaces the library's in tests."""
    if monitor is None and (platform.system(), platform.machine()) != ("Darwin", "arm64"):
        return unusable(SOURCE, "This is no Mac with Apple Silicon.")
    try:
        if monitor is None:
            import zeus_apple_silicon

            monitor = zeus_apple_silicon.AppleEnergyMonitor()
        keys = _joules(monitor.get_cumulative_energy())
    except (ImportError, RuntimeError) as error:
        return unusable(SOURCE, f"Apple's energy counters cannot be opened: {error}.")
    if not keys:
        return unusable(SOURCE, "This version of macOS tells no energy.")
    reader = AppleReader(monitor, tuple(_zone(key) for key in keys))
    return usable(SOURCE, reader)


def _joules(metrics: Any) -> dict[str, float]:
    values = {}
    for key, (_, _, fields) in FIELDS.items():
        millijoules = [getattr(metrics, field, None) for field in fields]
        if millijoules[0] is not None:
            values[key] = sum(each for each in millijoules if each is not None) / 1e3
    return values


def _zone(key: str) -> Zone:
    name, covers, _ = FIELDS[key]
    return Zone(
        key=key,
        name=name,
        source=SOURCE,
        covers=covers,
        kind="counter",
        label="measured",
        step_s=STEP_S,
        ceiling_watts=500.0,
    )
