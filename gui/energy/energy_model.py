"""This machine's energy without widgets: its sources, its design power, and a plug meter's readings."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.energy.calibration import PlugReading
from engine.energy.settings import EnergySettings, PlugCalibration
from engine.energy.zones import SourceStatus
from engine.errors import SteelyardError
from gui.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["rest", "load"]
MEASURING: Final = "Wait for the plug meter's readings to be taken."
_BOTH_FIRST: Final = "Measure at rest and under load first, and type what the plug meter showed."


class Measured(NamedTuple):
    """What the sensors said of these parts."""

    watts: float
    parts: tuple[str, ...]
    estimated: bool


class EnergyModel(QObject):
    """Measures and keeps in the jobs; it rests until `show`."""

    listed = Signal()
    """The sources, and the design power that an estimate takes."""
    changed = Signal()
    """The settings, or what is known of a calibration that is being made."""
    availability_changed = Signal()
    progressed = Signal(float)
    refused = Signal(str)

    def __init__(self, jobs: Jobs, folder: Path, parent: QObject | None = None) -> None:
        """folder: where the settings are kept."""
        super().__init__(parent)
        self._jobs = jobs
        self._folder = folder
        self._elsewhere = ""
        self._cancelled = Event()
        self.settings = EnergySettings()
        self.sources: tuple[SourceStatus, ...] = ()
        self.design_power = ""
        self.measuring: State | None = None
        self.measured: dict[State, Measured] = {}
        self.plug_watts: dict[State, float] = {}

    # What is shown -----------------------------------------------------------------------------

    def show(self) -> None:
        """Read and list everything anew, since the page is seen."""
        self._jobs.start("energy", partial(_read, self._folder), self._take_settings, self._refuse)

    def why_not_measure(self) -> str:
        if self.measuring is not None:
            return MEASURING
        return self._elsewhere

    @property
    def calibration(self) -> PlugCalibration | None:
        """What the two readings mean, if they can be right."""
        found = self._calibration()
        return found if isinstance(found, PlugCalibration) else None

    def why_not_keep(self) -> str:
        """Empty where both readings are there and can be right."""
        found = self._calibration()
        return found if isinstance(found, str) else ""

    # What is done ------------------------------------------------------------------------------

    def hold(self, why: str) -> None:
        """Another measurement has the machine; empty: it is free."""
        if why != self._elsewhere:
            self._elsewhere = why
            self.availability_changed.emit()

    def set_design_power(self, watts: float | None) -> None:
        """None: by the firmware's limit or the processor's name."""
        if watts != self.settings.tdp_watts:
            self._keep(msgspec.structs.replace(self.settings, tdp_watts=watts))

    def measure(self, state: State) -> None:
        """Let the sensors be read while the user reads the plug meter."""
        if self.why_not_measure():
            return
        self.measuring = state
        self._cancelled = Event()
        work = partial(
            _measure,
            state,
            self.settings.tdp_watts,
            self._cancelled,
            self._jobs.relay(self._take_progress),
        )
        self._jobs.start(
            "energy", work, partial(self._take_measured, state), self._refuse_measuring
        )
        self.availability_changed.emit()

    def cancel(self) -> None:
        self._cancelled.set()

    def type_plug(self, state: State, watts: float) -> None:
        """What the plug meter showed; 0: nothing yet."""
        self.plug_watts[state] = watts
        self.changed.emit()

    def keep_calibration(self) -> None:
        found = self._calibration()
        if isinstance(found, PlugCalibration):
            self._keep(msgspec.structs.replace(self.settings, plug=found))

    def forget_calibration(self) -> None:
        self._keep(msgspec.structs.replace(self.settings, plug=None))

    def close(self) -> None:
        self.cancel()

    # -------------------------------------------------------------------------------------------

    def _calibration(self) -> PlugCalibration | str:
        rest, load = self.measured.get("rest"), self.measured.get("load")
        typed = [self.plug_watts.get(state, 0.0) for state in ("rest", "load")]
        if rest is None or load is None or not all(typed):
            return _BOTH_FIRST
        if rest.parts != load.parts:
            return "Other sensors counted in the second measurement. Measure both again."
        found = PlugCalibration(
            idle=PlugReading(plug_watts=typed[0], parts_watts=rest.watts),
            load=PlugReading(plug_watts=typed[1], parts_watts=load.watts),
            parts=rest.parts,
            estimated=rest.estimated,
            made=datetime.now(UTC),
        )
        try:
            found.fit()
        except SteelyardError as fault:
            return str(fault)
        return found

    def _keep(self, settings: EnergySettings) -> None:
        work = partial(_keep, self._folder, settings)
        self._jobs.start("energy", work, self._take_settings, self._refuse)

    def _take_settings(self, settings: EnergySettings) -> None:
        self.settings = settings
        self.changed.emit()
        self._jobs.start(
            "energy", partial(_list, settings.tdp_watts), self._take_sources, self._refuse
        )

    def _take_sources(self, found: tuple[tuple[SourceStatus, ...], str]) -> None:
        self.sources, self.design_power = found
        self.listed.emit()

    def _take_progress(self, fraction: float) -> None:
        self.progressed.emit(fraction)

    def _take_measured(self, state: State, measured: Measured | None) -> None:
        self.measuring = None
        if measured is not None:
            self.measured[state] = measured
        self.changed.emit()
        self.availability_changed.emit()

    def _refuse_measuring(self, fault: SteelyardError) -> None:
        self.measuring = None
        self.availability_changed.emit()
        self._refuse(fault)

    def _refuse(self, fault: SteelyardError) -> None:
        self.refused.emit(str(fault))


def _read(folder: Path) -> EnergySettings:
    from storage.energy_settings import energy_file, load_energy_settings

    return load_energy_settings(energy_file(folder))


def _keep(folder: Path, settings: EnergySettings) -> EnergySettings:
    from storage.energy_settings import energy_file, save_energy_settings

    save_energy_settings(energy_file(folder), settings.checked())
    return settings


def _list(tdp_watts: float | None) -> tuple[tuple[SourceStatus, ...], str]:
    from engine.energy.settings import sensor_root
    from engine.energy.sources import find_estimate, sources
    from engine.energy.tdp import DesignPower

    root = sensor_root()
    estimate = find_estimate(root, tdp_watts=tdp_watts)
    words = f"{estimate.basis}." if isinstance(estimate, DesignPower) else estimate
    return sources(root, tdp_watts=tdp_watts), words


def _measure(
    state: State, tdp_watts: float | None, cancelled: Event, told: Callable[[float], None]
) -> Measured | None:
    from engine.energy.steady import SteadyPower

    with SteadyPower(tdp_watts=tdp_watts) as power:
        measure = power.at_rest if state == "rest" else power.under_load
        watts = measure(cancelled, told)
        return None if watts is None else Measured(watts, power.parts, power.estimated)
