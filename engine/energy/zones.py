"""What a sensor offers: zones to read, and a line for the list of sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import msgspec

from engine.contract import EnergyLabel

Covers = Literal["cpu", "memory", "gpu", "npu", "cpu and gpu", "machine"]

RANGE_PERCENT: Mapping[EnergyLabel, float] = {
    "measured": 10.0,
    "sampled": 15.0,
    "estimated": 100.0,
}
"""Half the width of the range by label; judgement, until pairs with a plug meter exist."""


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a sensor: joules that only grow (a counter) or watts at a moment (power).

    counted False: a check on other zones. modulus_joules: the counter starts again from 0 there.
    step_s: how often it moves, until that is measured. ceiling_watts: no such part draws more.
    checks: the key of the zone whose second opinion this one is.
    """

    key: str
    name: str
    source: str
    covers: Covers
    kind: Literal["counter", "power"]
    label: EnergyLabel
    step_s: float
    counted: bool = True
    modulus_joules: float | None = None
    ceiling_watts: float = 2000.0
    checks: str | None = None


class Reader(Protocol):
    """A sensor that is open; used under the sampler's lock, so by one thread at a time."""

    @property
    def zones(self) -> tuple[Zone, ...]:
        """What it reads, fixed for its life."""

    def read(self) -> Mapping[str, float]:
        """Joules or watts by zone key; a zone that cannot be read now is left out, never 0."""

    def close(self) -> None:
        """Let go of the sensor."""


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of sources: usable, or why not and what to do.

    remedy: text to be copied, where something can be done. used: a reply's figures come from it.
    """

    source: str
    usable: bool
    covers: tuple[str, ...] = ()
    used: bool = False
    reason: str | None = None
    remedy: str | None = None
    step_s: float | None = None
    range: str | None = None


class Found(NamedTuple):
    reader: Reader | None
    status: SourceStatus


def usable(source: str, reader: Reader) -> Found:
    """A source whose zones are all of one kind."""
    step_s, label = reader.zones[0].step_s, reader.zones[0].label
    status = SourceStatus(
        source=source,
        usable=True,
        covers=tuple(zone.name for zone in reader.zones if zone.counted),
        step_s=step_s,
        range=range_text(label),
    )
    return Found(reader, status)


def unusable(source: str, reason: str) -> Found:
    return Found(None, SourceStatus(source=source, usable=False, reason=reason))


def range_text(label: EnergyLabel) -> str:
    """The range of a label in words, as the list of sources and the documentation give it."""
    if label == "estimated":
        return "÷2 to ×2"
    return f"±{RANGE_PERCENT[label]:.0f} %"
