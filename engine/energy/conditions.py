"""Under what conditions a reply was measured: mains or battery, power mode, governor, throttling."""

from __future__ import annotations

from pathlib import Path

import psutil

from engine.contract import EnergyConditions, PowerSource
from engine.energy.sysfs import ReadText, read_text, text_or_none

NOT_TOLD = "This system does not tell."


def read_conditions(
    root: Path, throttled: bool | None = None, read: ReadText = read_text
) -> EnergyConditions:
    """The conditions now; `throttled` comes from the counters around the window."""
    profile = text_or_none(root / "sys/firmware/acpi/platform_profile", read)
    governor = text_or_none(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", read)
    found = {
        "power_profile": profile,
        "governor": governor,
        "throttled": throttled,
    }
    return EnergyConditions(
        power_source=_power_source(root, read),
        power_profile=profile,
        governor=governor,
        throttled=throttled,
        absent={name: NOT_TOLD for name, value in found.items() if value is None},
    )


def throttle_files(root: Path, read: ReadText = read_text) -> tuple[Path, ...]:
    """The counter of each processor package that tells how often it was throttled."""
    by_package: dict[str, Path] = {}
    for cpu in sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*")):
        path = cpu / "thermal_throttle/package_throttle_count"
        package = text_or_none(cpu / "topology/physical_package_id", read)
        if package is not None and text_or_none(path, read) is not None:
            by_package.setdefault(package, path)
    return tuple(by_package.values())


def throttle_count(files: tuple[Path, ...], read: ReadText = read_text) -> int | None:
    """How often the processor was throttled since it started; None where it does not say."""
    if not files:
        return None
    try:
        return sum(int(read(path)) for path in files)
    except (OSError, ValueError):
        return None


def _power_source(root: Path, read: ReadText) -> PowerSource:
    """A machine without a battery hangs on the mains."""
    folders = list((root / "sys/class/power_supply").glob("*"))
    if folders or root != Path("/"):
        discharging = any(text_or_none(each / "status", read) == "Discharging" for each in folders)
        mains = any(
            text_or_none(each / "type", read) == "Mains"
            and text_or_none(each / "online", read) == "1"
            for each in folders
        )
        return "battery" if discharging and not mains else "mains"
    battery = psutil.sensors_battery()
    return "battery" if battery is not None and battery.power_plugged is False else "mains"
