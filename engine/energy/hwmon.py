"""AMD and Intel GPUs on Linux, through the hwmon folder of their driver under /sys/class/drm.

amdgpu tells microwatts and no energy, so its power is sampled; on a processor with built-in
graphics the figure includes the processor (kernel: amdgpu_pm.c), which its voltage `vddnb` gives
away. i915 and xe have a counter in microjoules on discrete cards; xe tells the whole card and its
package. A power of 0 is no reading: the second die of an MI250 shows it for ever.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.energy.sysfs import ReadText, read_text, text_or_none
from engine.energy.zones import Found, SourceStatus, Zone, range_text, unusable

AMD = "amdgpu"
INTEL = "Intel GPU"
SAMPLED_STEP_S = 0.2
COUNTER_STEP_S = 0.01
CARD = re.compile(r"card\d+")


class HwmonReader:
    """Reads one file per zone, in micro-units."""

    def __init__(self, files: dict[str, Path], zones: tuple[Zone, ...], read: ReadText) -> None:
        self.zones = zones
        self._files = files
        self._read = read

    def read(self) -> dict[str, float]:
        values = {}
        for zone in self.zones:
            try:
                figure = int(self._read(self._files[zone.key]))
            except (OSError, ValueError):
                continue
            if figure > 0 or zone.kind == "counter":
                values[zone.key] = figure / 1e6
        return values

    def close(self) -> None:
        pass


def find_amdgpu(root: Path, processor_counted: bool, read: ReadText = read_text) -> Found:
    """AMD GPUs; `processor_counted`: another source has the processor, so an APU only checks it."""
    files: dict[str, Path] = {}
    zones: list[Zone] = []
    for card, folder in _monitors(root, {"amdgpu"}, read):
        path = _first_readable(folder, ("power1_average", "power1_input"), read)
        if path is None:
            continue
        built_in = text_or_none(folder / "in1_label", read) == "vddnb"
        key = f"amdgpu:{card}"
        words = "processor with graphics" if built_in else f"GPU {card}"
        zones.append(
            Zone(
                key=key,
                name=f"{words} (AMD)",
                source=AMD,
                covers="cpu and gpu" if built_in else "gpu",
                kind="power",
                label="sampled",
                step_s=SAMPLED_STEP_S,
                counted=not (built_in and processor_counted),
            )
        )
        files[key] = path
    return _found(AMD, files, zones, read, "No AMD GPU tells its power to the system.")


def find_intel(root: Path, read: ReadText = read_text) -> Found:
    """Discrete Intel GPUs; built-in ones lie inside the processor's own counter."""
    files: dict[str, Path] = {}
    zones: list[Zone] = []
    for card, folder in _monitors(root, {"i915", "xe"}, read):
        path = _intel_counter(folder, read)
        if path is None:
            continue
        key = f"intel:{card}"
        zones.append(
            Zone(
                key=key,
                name=f"GPU {card} (Intel)",
                source=INTEL,
                covers="gpu",
                kind="counter",
                label="measured",
                step_s=COUNTER_STEP_S,
            )
        )
        files[key] = path
    return _found(INTEL, files, zones, read, "No discrete Intel GPU tells its energy.")


def _monitors(root: Path, drivers: set[str], read: ReadText) -> list[tuple[str, Path]]:
    """(card, hwmon folder) of each card of these drivers; `card0-HDMI-A-1` is a connector."""
    found = []
    for card in sorted((root / "sys/class/drm").glob("card*")):
        if CARD.fullmatch(card.name) is None:
            continue
        found += [
            (card.name, folder)
            for folder in sorted((card / "device/hwmon").glob("hwmon*"))
            if text_or_none(folder / "name", read) in drivers
        ]
    return found


def _intel_counter(folder: Path, read: ReadText) -> Path | None:
    """The counter of the whole card where the driver tells it apart from the package's."""
    paths = sorted(folder.glob("energy*_input"))
    labels = {
        text_or_none(path.with_name(path.name.replace("_input", "_label")), read): path
        for path in paths
    }
    for label in ("card", "pkg", None):
        path = labels.get(label)
        if path is not None and text_or_none(path, read) is not None:
            return path
    return None


def _first_readable(folder: Path, names: tuple[str, ...], read: ReadText) -> Path | None:
    for name in names:
        if text_or_none(folder / name, read) not in {None, "0"}:
            return folder / name
    return None


def _found(
    source: str, files: dict[str, Path], zones: list[Zone], read: ReadText, missing: str
) -> Found:
    if not zones:
        return unusable(source, missing)
    status = SourceStatus(
        source=source,
        usable=True,
        covers=tuple(zone.name for zone in zones),
        step_s=zones[0].step_s,
        range=range_text(zones[0].label),
    )
    return Found(HwmonReader(files, tuple(zones), read), status)
