"""Linux powercap: the processor's own energy counters (RAPL), as files under /sys/class/powercap.

Zones are told apart by their `name` file: `package-N` is the whole processor, `dram` lies beside
it, `core` and `uncore` lie inside it and are never added, `psys` is the platform and only checks
the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.energy.sysfs import ReadText, read_text
from engine.energy.zones import Covers, Found, SourceStatus, Zone, range_text, unusable, usable

SOURCE = "powercap"
STEP_S = 0.001
MIRRORED = 1e-6
"""Zen 1 and 2 show one socket counter once per die: packages this close at the start are one. It moves
between two reads, so the one read first is read again."""

UDEV_RULE = """\
# Lets one group of accounts read the processor's energy counters.
# Warning: who can read them can guess secrets of other programs (PLATYPUS, CVE-2020-8694).
# Do this only on a machine whose accounts you all trust, never on a shared server.
sudo groupadd --system --force energy
sudo usermod --append --groups energy "$USER"
sudo tee /etc/udev/rules.d/70-energy-counters.rules <<'EOF'
SUBSYSTEM=="powercap", KERNEL=="intel-rapl:*", RUN+="/bin/chgrp energy /sys%p/energy_uj", \
RUN+="/bin/chmod g+r /sys%p/energy_uj"
EOF
sudo udevadm control --reload
sudo udevadm trigger --action=add --subsystem-match=powercap
# Then log out and in again.
"""


class _Candidate(msgspec.Struct, frozen=True):
    folder: Path
    name: str


class PowercapReader:
    """Reads `energy_uj` of the chosen zones, opening each file anew."""

    def __init__(self, files: Mapping[str, Path], zones: tuple[Zone, ...], read: ReadText) -> None:
        self.zones = zones
        self._files = files
        self._read = read

    def read(self) -> dict[str, float]:
        values = {}
        for key, path in self._files.items():
            try:
                values[key] = int(self._read(path)) / 1e6
            except (OSError, ValueError):
                continue
        return values

    def close(self) -> None:
        pass


def find_powercap(root: Path, virtual: bool, read: ReadText = read_text) -> Found:
    """Look for zones below `root`; `virtual` words the reason where there are none."""
    candidates = _candidates(root / "sys/class/powercap", read)
    packages = [each for each in candidates if each.name.startswith("package")]
    if not packages:
        return _missing(virtual)
    try:
        chosen = _without_mirrors(packages, read)
        chosen += [each for each in candidates if each.name == "dram"]
        zones = [_zone(each, read) for each in chosen]
    except PermissionError:
        return _refused()
    except (OSError, ValueError) as error:
        reason = f"Its counters cannot be read: {error}."
        return unusable(SOURCE, reason)
    for each in candidates:
        if each.name.startswith("psys"):
            with suppress(OSError, ValueError):
                zones.append(_zone(each, read))
                chosen.append(each)
    files = {each.folder.name: each.folder / "energy_uj" for each in chosen}
    return usable(SOURCE, PowercapReader(files, tuple(zones), read))


def configured_watts(root: Path, read: ReadText = read_text) -> float | None:
    """The long-term power limits of all packages together; unlike energy, anybody may read them."""
    packages = [
        each
        for each in _candidates(root / "sys/class/powercap", read)
        if each.name.startswith("package")
    ]
    try:
        limits = [int(read(each.folder / "constraint_0_power_limit_uw")) for each in packages]
    except (OSError, ValueError):
        return None
    watts = sum(limits) / 1e6
    return watts if packages and 1.0 <= watts <= 2000.0 * len(packages) else None


def _candidates(base: Path, read: ReadText) -> list[_Candidate]:
    """Zones below `base` in a stable order; an mmio zone only where the plain one is not there."""
    found: dict[tuple[str, str], _Candidate] = {}
    folders = sorted(base.glob("intel-rapl*:*"), key=lambda each: ("mmio" in each.name, each.name))
    for folder in folders:
        try:
            name = read(folder / "name")
        except OSError:
            continue
        place = folder.name.partition(":")[2]
        identity = (name, "" if ":" not in place else place)
        found.setdefault(identity, _Candidate(folder, name))
    return list(found.values())


def _without_mirrors(packages: Iterable[_Candidate], read: ReadText) -> list[_Candidate]:
    kept: dict[_Candidate, int] = {}
    for package in packages:
        value = int(read(package.folder / "energy_uj"))
        if not value or not any(
            _is_mirror(value, before, int(read(other.folder / "energy_uj")))
            for other, before in kept.items()
        ):
            kept[package] = value
    return list(kept)


def _is_mirror(value: int, before: int, after: int) -> bool:
    """Whether a value read between two reads of another counter lies between them, too."""
    slack = MIRRORED * max(value, before)
    if after < before:
        return value >= before - slack or value <= after + slack
    return before - slack <= value <= after + slack


def _zone(candidate: _Candidate, read: ReadText) -> Zone:
    folder, name = candidate.folder, candidate.name
    read(folder / "energy_uj")
    covers: Covers = "cpu"
    words, ceiling_watts = f"processor {name}", 1000.0
    if name == "dram":
        covers, words, ceiling_watts = (
            "memory",
            f"memory of processor {folder.name.split(':')[1]}",
            500.0,
        )
    elif name.startswith("psys"):
        covers, words, ceiling_watts = "machine", "platform (psys)", 2000.0
    return Zone(
        key=folder.name,
        name=words,
        source=SOURCE,
        covers=covers,
        kind="counter",
        label="measured",
        step_s=STEP_S,
        counted=covers != "machine",
        modulus_joules=(int(read(folder / "max_energy_range_uj")) + 1) / 1e6,
        ceiling_watts=ceiling_watts,
    )


def _missing(virtual: bool) -> Found:
    reason = (
        "This is a virtual machine, and its host does not pass the processor's counters into it."
        if virtual
        else "The system offers no energy counter of the processor."
    )
    return unusable(SOURCE, reason)


def _refused() -> Found:
    return Found(
        None,
        SourceStatus(
            source=SOURCE,
            usable=False,
            reason="The processor has energy counters, but only root may read them.",
            remedy=UDEV_RULE,
            step_s=STEP_S,
            range=range_text("measured"),
        ),
    )
