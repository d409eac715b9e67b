"""The meter of this machine: sensors, sampler, idle baseline and load, behind the seam of a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock

from msgspec.structs import replace

from engine.contract import Energy
from engine.energy.attribution import attribute
from engine.energy.baseline import (
    SETTLE_S,
    SHORTEST_S,
    Baseline,
    BaselineLog,
    circumstances,
    is_quiet,
)
from engine.energy.calibration import Calibration
from engine.energy.composition import NO_BASELINE, NO_CALIBRATION, Evidence
from engine.energy.conditions import read_conditions, throttle_count, throttle_files
from engine.energy.figures import ZoneFigures
from engine.energy.load import LoadLog, ProcessorTimes, Snapshot, SystemTimes, share
from engine.energy.sampler import SLEEP_S, Sampler
from engine.energy.seam import Window
from engine.energy.settings import EnergySettings, sensor_root
from engine.energy.sources import ROOT, Sensors, find_estimate, find_sensors
from engine.energy.trace import Trace, Void
from engine.energy.zones import SourceStatus
from engine.errors import SteelyardError

SLEPT = "The machine slept while the model worked."
OTHER_SENSORS = (
    "The plug meter calibrated other sensors than those that count now. Calibrate again."
)
NO_MARKS = "The processor times around the reply were not taken."
REST_S = SHORTEST_S + 2 * SETTLE_S


def machine_meter(
    root: Path | None = None, settings: Callable[[], EnergySettings] = EnergySettings
) -> SensorMeter:
    """Open this machine's sensors; with an NVIDIA card that may take a second.

    root: other than /, only the sensors that are files below it, for a simulated machine; None: what
    the environment says, else /. settings: asked now and at each start, for they may have changed;
    raises what that raises now.
    """
    root = root or sensor_root()
    first = settings()
    sensors = find_sensors(root, tdp_watts=first.tdp_watts)
    meter = SensorMeter(
        sensors,
        Sampler(sensors.readers),
        SystemTimes(),
        root=root,
        throttles=throttle_files(root),
        settings=settings,
    )
    meter.assume(first)
    return meter


class SensorMeter:
    """An EnergyMeter over open sensors and their sampler, both of which it owns."""

    def __init__(
        self,
        sensors: Sensors,
        sampler: Sampler,
        times: ProcessorTimes,
        *,
        root: Path = ROOT,
        throttles: tuple[Path, ...] = (),
        settings: Callable[[], EnergySettings] = EnergySettings,
    ) -> None:
        self._sensors = sensors
        self._sampler = sampler
        self._times = times
        self._root = root
        self._settings = settings
        self._assumed = EnergySettings()
        self._calibration: Calibration | None = None
        self._no_calibration = NO_CALIBRATION
        self._throttles = throttles
        self._lock = Lock()
        self._load = LoadLog()
        self._baselines = BaselineLog()
        self._last: Snapshot | None = None
        self._workers: set[int] = set()
        self._models = 0
        self._rested: set[tuple[bool, int, str]] = set()

    @property
    def sources(self) -> tuple[SourceStatus, ...]:
        return self._sensors.statuses

    def start(self) -> None:
        with suppress(SteelyardError):
            self.assume(self._settings())
        self._sampler.start()
        # The quiet time until the first model is loaded tells what the machine draws without one.
        self.mark()

    def assume(self, settings: EnergySettings) -> None:
        """Take another design power or calibration from now on."""
        if settings.tdp_watts != self._assumed.tdp_watts:
            estimate = find_estimate(self._root, tdp_watts=settings.tdp_watts)
            self._sensors = replace(self._sensors, estimate=estimate)
        self._assumed, plug = settings, settings.plug
        fits = plug is not None and plug.parts == self._sensors.parts
        self._calibration = plug.fit() if plug is not None and fits else None
        self._no_calibration = NO_CALIBRATION if plug is None else OTHER_SENSORS

    def close(self) -> None:
        self._sampler.close()

    def mark(self, worker_pid: int | None = None) -> None:
        self._sampler.sample()
        with self._lock:
            if worker_pid is not None:
                self._workers.add(worker_pid)
            snapshot = self._snapshot()
            previous, self._last = self._last, snapshot
            self._load.add(snapshot)
            if previous is not None and is_quiet(previous, snapshot):
                self._keep_baseline(previous, snapshot)

    def resident(self, models: int) -> None:
        self.mark()
        with self._lock:
            self._models = models

    def rest(self, limit_s: float, cancelled: Event) -> None:
        if not self._sensors.readers or not isinstance(self._baseline(), str):
            return
        state = (self._models > 0, self._sampler.sleeps, self._circumstances())
        with self._lock:
            # A machine that is never quiet must not be waited for before every reply.
            if state in self._rested:
                return
            self._rested.add(state)
        self.mark()
        cancelled.wait(min(limit_s, REST_S))
        self.mark()

    def energy(self, window: Window) -> Energy:
        self._sampler.sample()
        baseline = self._baseline()
        idle = {} if isinstance(baseline, str) else baseline.watts
        figures = self._sampler.ask(lambda traces: _figures(traces, window, idle))
        with self._lock:
            around = self._load.around(window.begin_s, window.end_s)
        return attribute(
            window,
            Evidence(
                figures=figures,
                estimate=SLEPT if _slept(around) else self._sensors.estimate,
                share=share(*around, window.worker_pid) if around else NO_MARKS,
                conditions=read_conditions(self._root, self._throttled(around, window)),
                calibration=self._calibration,
                no_calibration=self._no_calibration,
                guests=self._guests(window),
                unloaded_idle_watts=self.idle_watts(loaded=False),
                no_baseline=baseline if isinstance(baseline, str) else NO_BASELINE,
            ),
        )

    def idle_watts(self, *, loaded: bool) -> float | None:
        """What the components drew at rest, with a model loaded or without; None: not measured."""
        baseline = self._baseline(loaded=loaded)
        if isinstance(baseline, str):
            return None
        zones = [zone for reader in self._sensors.readers for zone in reader.zones if zone.counted]
        if any(zone.key not in baseline.watts for zone in zones):
            return None
        return sum(baseline.watts[zone.key] for zone in zones)

    def _baseline(self, *, loaded: bool | None = None) -> Baseline | str:
        now = self._circumstances()
        with self._lock:
            return self._baselines.get(
                loaded=self._models > 0 if loaded is None else loaded,
                circumstances=now,
                sleeps=self._sampler.sleeps,
            )

    def _circumstances(self) -> str:
        return circumstances(read_conditions(self._root))

    def _keep_baseline(self, first: Snapshot, last: Snapshot) -> None:
        begin_s = first.time_s + SETTLE_S
        watts = self._sampler.ask(
            lambda traces: {
                key: figure
                for key, trace in traces.items()
                if not isinstance(figure := trace.watts(begin_s, last.time_s), Void)
            }
        )
        if watts:
            baseline = Baseline(
                watts=watts,
                seconds=last.time_s - begin_s,
                circumstances=self._circumstances(),
                sleeps=self._sampler.sleeps,
            )
            self._baselines.keep(baseline, loaded=self._models > 0)

    def _snapshot(self) -> Snapshot:
        seconds = {pid: self._times.process_busy_s(pid) for pid in self._workers}
        alive = {pid: busy_s for pid, busy_s in seconds.items() if busy_s is not None}
        self._workers = set(alive)
        return Snapshot(
            time_s=self._sampler.clocks.awake_s(),
            busy_s=self._times.machine_busy_s(),
            own_s=self._times.process_busy_s(None) or 0.0,
            workers_s=alive,
            throttles=throttle_count(self._throttles),
            asleep_s=self._sampler.clocks.asleep_s(),
        )

    def _throttled(self, around: tuple[Snapshot, Snapshot] | None, window: Window) -> bool | None:
        gpu = self._sensors.nvml.throttled() if self._sensors.nvml and window.gpus else None
        counts = [each.throttles for each in around or ()]
        known = [count for count in counts if count is not None]
        if len(known) < 2:
            return gpu
        return known[1] > known[0] or bool(gpu)

    def _guests(self, window: Window) -> tuple[str, ...]:
        if self._sensors.nvml is None or not window.gpus:
            return ()
        own = {os.getpid(), window.worker_pid} | self._workers
        return self._sensors.nvml.guests(frozenset(pid for pid in own if pid is not None))


def _figures(
    traces: Mapping[str, Trace], window: Window, idle: Mapping[str, float]
) -> tuple[ZoneFigures, ...]:
    begin_s, end_s = window.begin_s, window.end_s
    first_s = window.first_token_s
    nothing = Void("has no first token to split at")
    return tuple(
        ZoneFigures(
            zone=trace.zone,
            step_s=trace.step_s,
            dead=trace.dead,
            whole=trace.joules(begin_s, end_s),
            prompt=nothing if first_s is None else trace.joules(begin_s, first_s),
            generation=nothing if first_s is None else trace.joules(first_s, end_s),
            idle_watts=idle.get(key),
        )
        for key, trace in traces.items()
    )


def _slept(around: tuple[Snapshot, Snapshot] | None) -> bool:
    return around is not None and around[1].asleep_s - around[0].asleep_s > SLEEP_S
