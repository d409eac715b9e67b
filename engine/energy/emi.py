"""Windows' Energy Meter Interface: since Windows 11 it gives the processor's counters to everybody.

Structures and codes are those of emi.h (Windows SDK). Energy comes in picowatt-hours. A processor may
appear as one device with many channels or as a device per core: over all devices only the package and
its memory count, for choosing within each would add the cores to the package that holds them.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from engine.energy.powercap import MIRRORED
from engine.energy.zones import Found, Zone, unusable, usable

SOURCE = "Energy Meter Interface"
STEP_S = 0.001
JOULES_PER_PICOWATT_HOUR = 3.6e-9
GET_VERSION, GET_METADATA_SIZE, GET_METADATA, GET_MEASUREMENT = (
    0x224000,
    0x224004,
    0x224008,
    0x22400C,
)
MEASUREMENT_BYTES = 16
METADATA_LIMIT_BYTES = 1 << 16
CHANNELS_AT, CHANNEL_COUNT_AT = 68, 66


class EmiDevice(Protocol):
    """One energy meter that is open."""

    path: str

    def ask(self, code: int, size_bytes: int) -> bytes:
        """The answer to a control code; raises OSError."""

    def close(self) -> None: ...


class _Channel(msgspec.Struct, frozen=True):
    device: EmiDevice
    index: int
    channels: int
    name: str

    @property
    def key(self) -> str:
        return f"emi:{self.device.path}:{self.index}"

    @property
    def is_memory(self) -> bool:
        return "DRAM" in self.name.upper()

    def joules(self) -> float:
        raw = self.device.ask(GET_MEASUREMENT, MEASUREMENT_BYTES * self.channels)
        energy, _ = struct.unpack_from("<QQ", raw, MEASUREMENT_BYTES * self.index)
        return float(energy) * JOULES_PER_PICOWATT_HOUR


class EmiReader:
    def __init__(self, channels: Sequence[_Channel], devices: Sequence[EmiDevice]) -> None:
        self._channels = channels
        self._devices = devices
        self.zones = tuple(_zone(channel) for channel in channels)

    def read(self) -> dict[str, float]:
        values = {}
        for channel in self._channels:
            try:
                values[channel.key] = channel.joules()
            except (OSError, struct.error):
                continue
        return values

    def close(self) -> None:
        for device in self._devices:
            device.close()


def find_emi(devices: Sequence[EmiDevice] | None = None) -> Found:
    """Open all energy meters; `devices` replaces Windows' own in tests."""
    if devices is None:
        if platform.system() != "Windows":
            return unusable(SOURCE, "This is not Windows.")
        from engine.energy.emi_device import open_devices

        devices = open_devices()
    if not devices:
        return unusable(
            SOURCE, "Windows offers no energy meter; it does since Windows 11, on real hardware."
        )
    chosen: list[_Channel] = []
    seen: list[float] = []
    for channel in _channels(devices):
        upper = channel.name.upper()
        if not (upper.endswith("_PKG") or channel.is_memory):
            continue
        try:
            joules = channel.joules()
        except (OSError, struct.error):
            continue
        if joules and any(abs(joules - each) <= MIRRORED * max(joules, each) for each in seen):
            continue
        seen.append(joules)
        chosen.append(channel)
    reader = EmiReader(chosen, devices)
    if not any(zone.covers == "cpu" for zone in reader.zones):
        reader.close()
        return unusable(SOURCE, "Windows' energy meters do not tell the processor's energy.")
    return usable(SOURCE, reader)


def channel_names(version: int, metadata: bytes) -> list[str]:
    """Names of a meter's channels from its EMI_METADATA_V1 or _V2; raises ValueError."""
    try:
        if version == 1:
            (size,) = struct.unpack_from("<H", metadata, 70)
            return [_text(metadata, 72, size)]
        if version == 2:
            (count,) = struct.unpack_from("<H", metadata, CHANNEL_COUNT_AT)
            names, at = [], CHANNELS_AT
            for _ in range(count):
                (size,) = struct.unpack_from("<H", metadata, at + 4)
                names.append(_text(metadata, at + 6, size))
                at += 6 + size
            return names
    except struct.error as error:
        raise ValueError("the description of the meter ends too early") from error
    raise ValueError(f"version {version} of the interface is not known")


def _channels(devices: Sequence[EmiDevice]) -> Iterator[_Channel]:
    for device in devices:
        try:
            (version,) = struct.unpack("<H", device.ask(GET_VERSION, 2))
            (size,) = struct.unpack("<L", device.ask(GET_METADATA_SIZE, 4))
            metadata = device.ask(GET_METADATA, min(size, METADATA_LIMIT_BYTES))
            names = channel_names(version, metadata)
        except (OSError, struct.error, ValueError):
            continue
        for index, name in enumerate(names):
            yield _Channel(device, index, len(names), name)


def _text(metadata: bytes, at: int, size: int) -> str:
    if at + size > len(metadata):
        raise ValueError("the description of the meter ends too early")
    return metadata[at : at + size].decode("utf-16-le", errors="replace").split("\0")[0]


def _zone(channel: _Channel) -> Zone:
    part = "memory" if channel.is_memory else "processor"
    return Zone(
        key=channel.key,
        name=f"{part} ({channel.name})",
        source=SOURCE,
        covers="memory" if channel.is_memory else "cpu",
        kind="counter",
        label="measured",
        step_s=STEP_S,
        ceiling_watts=1000.0,
    )
