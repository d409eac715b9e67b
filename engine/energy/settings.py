"""What the user said of this machine's energy: its design power, and two readings of a plug meter."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from engine.energy.calibration import Calibration, PlugReading, calibrate
from engine.errors import AssumptionError

SENSOR_ROOT: Final = "STEELYARD_SENSOR_ROOT"
"""The environment variable that names a folder to look for sensors in, in place of /: for tests."""

LEAST_TDP_WATTS, MOST_TDP_WATTS = 1.0, 5000.0


class PlugCalibration(msgspec.Struct, frozen=True, kw_only=True):
    """Two readings, and the parts whose sensors were read beside them: it holds for no others.

    estimated: a part of it had no sensor, so the fit scales an estimate.
    """

    idle: PlugReading
    load: PlugReading
    parts: tuple[str, ...]
    estimated: bool = False
    made: datetime

    def fit(self) -> Calibration:
        """Raises AssumptionError where the readings cannot both be right."""
        return calibrate(self.idle, self.load, estimated=self.estimated)


class EnergySettings(msgspec.Struct, frozen=True, kw_only=True):
    """tdp_watts None: by the firmware's limit or the processor's name."""

    tdp_watts: float | None = None
    plug: PlugCalibration | None = None

    def checked(self) -> EnergySettings:
        """These settings; raises AssumptionError where they cannot be."""
        watts = self.tdp_watts
        if watts is not None and not LEAST_TDP_WATTS <= watts <= MOST_TDP_WATTS:
            raise AssumptionError(
                f"A processor of {watts:g} W cannot be. Enter its design power (TDP) in watts, from "
                f"{LEAST_TDP_WATTS:g} to {MOST_TDP_WATTS:,.0f}."
            )
        if self.plug is not None:
            self.plug.fit()
        return self


def sensor_root() -> Path:
    """The folder that sensors are looked for in."""
    return Path(os.environ.get(SENSOR_ROOT) or "/")
