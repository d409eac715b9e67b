"""What the counted parts draw while the machine rests, and while all its cores work: for a plug meter.

Load comes from processes that multiply matrices, as a model does; they end by themselves, so that none
outlives a crash of this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Final, Self

from engine.energy.load import ProcessorTimes, SystemTimes
from engine.energy.sampler import INTERVAL_S, Sampler
from engine.energy.settings import sensor_root
from engine.energy.sources import find_sensors
from engine.energy.tdp import IDLE_SHARE, MAX_SHARE, DesignPower
from engine.energy.trace import Trace, Void
from engine.errors import AssumptionError

STEADY_S: Final = 10.0
SETTLE_S: Final = 2.0
QUIET_CORES: Final = 0.5
"""A machine at rest has less to do than this much of one core."""

_BUSY: Final = """\
import sys, time
import numpy as np
end = time.monotonic() + float(sys.argv[1])
a = np.ones((256, 256), dtype=np.float32)
while time.monotonic() < end:
    a @ a
"""
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class SteadyPower:
    """Open sensors of the counted parts; a context manager that lets go of them.

    Raises AssumptionError where neither a sensor nor an estimate tells what the processor draws.
    """

    def __init__(
        self,
        *,
        root: Path | None = None,
        tdp_watts: float | None = None,
        times: ProcessorTimes | None = None,
        busy: Callable[[float], AbstractContextManager[None]] | None = None,
        seconds: float = STEADY_S,
    ) -> None:
        sensors = find_sensors(root or sensor_root(), tdp_watts=tdp_watts)
        self._sampler = Sampler(sensors.readers)
        self._times = times or SystemTimes()
        self._busy = busy or all_cores_busy
        self._seconds = seconds
        self._estimate = sensors.estimate
        self.parts, self.estimated = sensors.parts, sensors.estimated
        if not self.parts:
            self._sampler.close()
            raise AssumptionError(
                f"Nothing tells what this machine's parts draw. {sensors.estimate}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sampler.close()

    def at_rest(self, cancelled: Event, told: Callable[[float], None]) -> float | None:
        """Mean watts at rest; None: cancelled. told: the fraction done. Raises AssumptionError."""
        began_s, busy_s = self._sampler.clocks.awake_s(), self._times.machine_busy_s()
        if not self._watch(cancelled, told):
            return None
        elapsed_s = self._sampler.clocks.awake_s() - began_s
        cores = (self._times.machine_busy_s() - busy_s) / elapsed_s
        if cores > QUIET_CORES:
            raise AssumptionError(
                f"Programs kept {cores:.1f} processor cores busy meanwhile. Let the machine rest, and "
                "measure again."
            )
        return self._watts(began_s, IDLE_SHARE)

    def under_load(self, cancelled: Event, told: Callable[[float], None]) -> float | None:
        """Mean watts with all cores at work; None: cancelled. Raises AssumptionError."""
        with self._busy(self._seconds + 3 * SETTLE_S):
            cancelled.wait(min(SETTLE_S, self._seconds))
            began_s = self._sampler.clocks.awake_s()
            if not self._watch(cancelled, told):
                return None
            return self._watts(began_s, MAX_SHARE)

    def _watch(self, cancelled: Event, told: Callable[[float], None]) -> bool:
        """Sample for the time it takes; False: it was cancelled."""
        seconds = self._seconds
        began_s = self._sampler.clocks.awake_s()
        self._sampler.sample()
        while (passed_s := self._sampler.clocks.awake_s() - began_s) < seconds:
            told(passed_s / seconds)
            if cancelled.wait(min(INTERVAL_S, seconds - passed_s)):
                return False
            self._sampler.sample()
        told(1.0)
        return True

    def _watts(self, began_s: float, share: float) -> float:
        end_s = self._sampler.clocks.awake_s()
        traces: tuple[Trace, ...] = self._sampler.ask(lambda known: tuple(known.values()))
        total = 0.0
        if self.estimated and isinstance(self._estimate, DesignPower):
            total = share * self._estimate.watts
        for trace in traces:
            if not trace.zone.counted or trace.dead:
                continue
            watts = trace.mean_watts(began_s, end_s)
            if isinstance(watts, Void):
                raise AssumptionError(f"The sensor of the {trace.zone.name} {watts.reason}.")
            total += watts
        return total


@contextmanager
def all_cores_busy(seconds: float) -> Iterator[None]:
    """Keep every core at work while the context lasts, at most so long."""
    command = [sys.executable, "-c", _BUSY, str(seconds)]
    environment = os.environ | _ONE_THREAD
    started = [
        subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        for _ in range(_usable_cores())
    ]
    try:
        yield
    finally:
        for each in started:
            each.kill()
        for each in started:
            each.wait()


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
