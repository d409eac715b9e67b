"""Batteries on Linux (/sys/class/power_supply): what the whole machine draws while it discharges.

It includes the screen and everything else, moves every 1 to 30 seconds, and so only checks other
sources over a minute or more. Drivers disagree about the sign (kernel 05f94eb98907): the size counts.
"""

from __future__ import annotations

from pathlib import Path

from engine.energy.sysfs import ReadText, read_text
from engine.energy.zones import Found, SourceStatus, Zone, range_text, unusable

SOURCE = "battery"
STEP_S = 3.0
"""Twenty of these make the minute that a window must last."""

ZONE = Zone(
    key="battery",
    name="whole machine, by its battery",
    source=SOURCE,
    covers="machine",
    kind="power",
    label="sampled",
    step_s=STEP_S,
    counted=False,
)


class BatteryReader:
    """Adds up the batteries that discharge; one that charges leaves the figure out."""

    zones = (ZONE,)

    def __init__(self, folders: tuple[Path, ...], read: ReadText) -> None:
        self._folders = folders
        self._read = read

    def read(self) -> dict[str, float]:
        watts = 0.0
        for folder in self._folders:
            try:
                status = self._read(folder / "status")
                if status == "Charging":
                    return {}
                if status == "Discharging":
                    watts += _watts(folder, self._read)
            except (OSError, ValueError):
                return {}
        return {ZONE.key: watts} if watts else {}

    def close(self) -> None:
        pass


def find_battery(root: Path, read: ReadText = read_text) -> Found:
    folders = tuple(
        folder
        for folder in sorted((root / "sys/class/power_supply").glob("*"))
        if _is_of_the_machine(folder, read)
    )
    if not folders:
        return unusable(SOURCE, "This machine has no battery.")
    try:
        for folder in folders:
            _watts(folder, read)
    except (OSError, ValueError):
        return unusable(SOURCE, "The battery does not tell its power.")
    reader = BatteryReader(folders, read)
    discharging = bool(reader.read())
    status = SourceStatus(
        source=SOURCE,
        usable=discharging,
        covers=(ZONE.name,),
        reason=None if discharging else "The machine runs on mains, or the battery is charging.",
        remedy=None if discharging else "Unplug it to check the other sources over a minute.",
        step_s=STEP_S,
        range=range_text("sampled"),
    )
    return Found(reader, status)


def _is_of_the_machine(folder: Path, read: ReadText) -> bool:
    """A wireless mouse is a battery too, of scope Device."""
    try:
        if read(folder / "type") != "Battery":
            return False
    except OSError:
        return False
    try:
        return read(folder / "scope") != "Device"
    except OSError:
        return True


def _watts(folder: Path, read: ReadText) -> float:
    try:
        return abs(int(read(folder / "power_now"))) / 1e6
    except OSError:
        microamperes = int(read(folder / "current_now"))
        microvolts = int(read(folder / "voltage_now"))
        return abs(microamperes * microvolts) * 1e-12
