"""Every way this machine could tell its energy: which work, and what to do about the others.

One source for each part: where the processor has a counter, an AMD processor's graphics figure only
checks it; where it has none, the estimate stands in.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from engine.energy.apple import find_apple
from engine.energy.battery import find_battery
from engine.energy.emi import find_emi
from engine.energy.hwmon import find_amdgpu, find_intel
from engine.energy.nvml import NvmlReader, find_nvml
from engine.energy.powercap import configured_watts, find_powercap
from engine.energy.processor import this_processor
from engine.energy.sampler import Sampler
from engine.energy.tdp import SOURCE, DesignPower, design_power
from engine.energy.zones import Found, Reader, SourceStatus, range_text

ROOT = Path("/")
NVIDIA = "proc/driver/nvidia"


def part_name(name: str, source: str, tdp_watts: float | None = None) -> str:
    """A counted part as a calibration knows it; tdp_watts: of an estimate, which scales with it."""
    return f"{name} by {source}" if tdp_watts is None else f"{name} by {SOURCE}: {tdp_watts:g} W"


class Sensors(msgspec.Struct, frozen=True, kw_only=True):
    """Open readers, the estimate for a processor without a counter, and what to say of each source."""

    readers: tuple[Reader, ...]
    nvml: NvmlReader | None
    estimate: DesignPower | str
    statuses: tuple[SourceStatus, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """What a total is made of, sensor by sensor; the estimate's with its design power."""
        counted = [zone for reader in self.readers for zone in reader.zones if zone.counted]
        names = [part_name(zone.name, zone.source) for zone in counted]
        if not any("cpu" in zone.covers for zone in counted) and not isinstance(self.estimate, str):
            names.insert(0, part_name("processor", SOURCE, self.estimate.watts))
        return tuple(names)

    @property
    def estimated(self) -> bool:
        """Whether a total rests on the estimate."""
        return any(SOURCE in part for part in self.parts)

    def close(self) -> None:
        for reader in self.readers:
            reader.close()


def find_sensors(root: Path = ROOT, *, tdp_watts: float | None = None) -> Sensors:
    """Look for every source; below another `root` than / only the files of that tree count.

    NVML is asked there if the tree has the folder of NVIDIA's driver.
    """
    processor = this_processor(root)
    found = [find_powercap(root, processor.virtual)]
    if root == ROOT:
        found += [find_emi(), find_apple()]
    counted = any(each.reader is not None for each in found)
    found += [find_amdgpu(root, processor_counted=counted), find_intel(root), find_battery(root)]
    nvml = find_nvml() if root == ROOT or (root / NVIDIA).exists() else None
    if nvml is not None:
        found.append(nvml)
    estimate = find_estimate(root, tdp_watts=tdp_watts)
    readers = tuple(each.reader for each in found if each.reader is not None)
    statuses = [_with_use(each) for each in found if _applies(each)]
    return Sensors(
        readers=readers,
        nvml=nvml.reader if nvml is not None and isinstance(nvml.reader, NvmlReader) else None,
        estimate=estimate,
        statuses=(*statuses, _estimate_status(estimate, readers)),
    )


def find_estimate(root: Path = ROOT, *, tdp_watts: float | None = None) -> DesignPower | str:
    """The design power that an estimate takes, or why there is none; tdp_watts: the user's word."""
    return design_power(
        this_processor(root), given_watts=tdp_watts, limit_watts=configured_watts(root)
    )


def sources(root: Path = ROOT, *, tdp_watts: float | None = None) -> tuple[SourceStatus, ...]:
    """The list for a person: looks, watches how often counters move, lets go of everything again."""
    sensors = find_sensors(root, tdp_watts=tdp_watts)
    sampler = Sampler(sensors.readers)
    if sensors.readers:
        sampler.measure_steps()
    steps = sampler.steps_s()
    sampler.close()
    return tuple(
        replace(status, step_s=steps.get(status.source, status.step_s))
        for status in sensors.statuses
    )


def _applies(found: Found) -> bool:
    """Leave out what belongs to another system: it is no news and nothing can be done."""
    return found.status.reason not in {"This is not Windows.", "This is no Mac with Apple Silicon."}


def _with_use(found: Found) -> SourceStatus:
    reader = found.reader
    used = reader is not None and any(zone.counted for zone in reader.zones)
    return replace(found.status, used=used)


def _estimate_status(estimate: DesignPower | str, readers: tuple[Reader, ...]) -> SourceStatus:
    counted = any(
        "cpu" in zone.covers and zone.counted for reader in readers for zone in reader.zones
    )
    if isinstance(estimate, str):
        return SourceStatus(source=SOURCE, usable=False, reason=estimate)
    return SourceStatus(
        source=SOURCE,
        usable=True,
        used=not counted,
        covers=("processor",),
        reason=f"{estimate.basis}.",
        range=range_text("estimated"),
    )
