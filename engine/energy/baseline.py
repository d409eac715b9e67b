"""What the machine draws when it does nothing, by zone: with a model loaded, and with none.

Taken whenever ten quiet seconds lie between two marks, and no longer believed once the machine slept or
its power source, power mode or governor changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.contract import EnergyConditions
from engine.energy.composition import NO_BASELINE
from engine.energy.load import Snapshot

SHORTEST_S = 10.0
SETTLE_S = 0.5
QUIET_CORES = 0.3
"""A machine whose programs take less than this much of one core is at rest."""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    watts: Mapping[str, float]
    seconds: float
    circumstances: str
    sleeps: int


class BaselineLog:
    """The newest baseline with and without a loaded model."""

    def __init__(self) -> None:
        self._loaded: Baseline | None = None
        self._unloaded: Baseline | None = None

    def keep(self, baseline: Baseline, *, loaded: bool) -> None:
        if loaded:
            self._loaded = baseline
        else:
            self._unloaded = baseline

    def get(self, *, loaded: bool, circumstances: str, sleeps: int) -> Baseline | str:
        """The baseline that holds now, or why there is none."""
        baseline = self._loaded if loaded else self._unloaded
        if baseline is None:
            return NO_BASELINE
        if baseline.sleeps != sleeps:
            return "The machine slept since its idle baseline was measured."
        if baseline.circumstances != circumstances:
            return (
                f"The idle baseline was measured with {baseline.circumstances}; now it is "
                f"{circumstances}."
            )
        return baseline


def is_quiet(first: Snapshot, last: Snapshot) -> bool:
    """Whether ten seconds of rest lie between two snapshots."""
    seconds = last.time_s - first.time_s
    return seconds >= SHORTEST_S and last.busy_s - first.busy_s < QUIET_CORES * seconds


def circumstances(conditions: EnergyConditions) -> str:
    """The conditions on which idle power depends, in words."""
    names = (conditions.power_source, conditions.power_profile, conditions.governor)
    return ", ".join(name for name in names if name)
