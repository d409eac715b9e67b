"""Who kept the processor busy: this process and a worker, or other programs."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import msgspec
import psutil

SHORTEST_S = 0.5
"""The system counts processor time in hundredths of a second; below this a share is noise."""

CONTAMINATED_PERCENT = 20.0
KEPT = 4096
TOLERANCE_S = 0.05


class ProcessorTimes(Protocol):
    """Where processor seconds come from: SystemTimes, or a simulated machine's."""

    def machine_busy_s(self) -> float: ...

    def process_busy_s(self, pid: int | None) -> float | None: ...


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Processor seconds so far: of all programs, of this process, and of the workers seen."""

    time_s: float
    busy_s: float
    own_s: float
    workers_s: dict[int, float]
    throttles: int | None
    asleep_s: float


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """ours and others are processor seconds between two snapshots."""

    ours_s: float
    others_s: float

    @property
    def others_percent(self) -> float:
        busy_s = self.ours_s + self.others_s
        return 100.0 * self.others_s / busy_s if busy_s else 0.0

    @property
    def contaminated(self) -> bool:
        return self.others_percent > CONTAMINATED_PERCENT

    @property
    def ours_fraction(self) -> float:
        return 1.0 - self.others_percent / 100.0


class LoadLog:
    """Snapshots by time; the newest few thousand are kept."""

    def __init__(self) -> None:
        self._snapshots: deque[Snapshot] = deque(maxlen=KEPT)

    def add(self, snapshot: Snapshot) -> None:
        self._snapshots.append(snapshot)

    def around(self, begin_s: float, end_s: float) -> tuple[Snapshot, Snapshot] | None:
        """The snapshots taken as the window began and ended; None where one is missing."""
        before = [each for each in self._snapshots if each.time_s <= begin_s + TOLERANCE_S]
        after = [each for each in self._snapshots if each.time_s >= end_s - TOLERANCE_S]
        if not before or not after or after[0].time_s <= before[-1].time_s:
            return None
        return before[-1], after[0]


def share(first: Snapshot, last: Snapshot, worker_pid: int | None) -> Share | str:
    """How the processor time between two snapshots divides, or why that cannot be said."""
    if last.time_s - first.time_s < SHORTEST_S:
        return f"The window is shorter than {SHORTEST_S} s, too short to tell programs apart."
    ours_s = last.own_s - first.own_s
    if worker_pid is not None:
        if worker_pid not in first.workers_s or worker_pid not in last.workers_s:
            return "The worker's processor time could not be read."
        ours_s += last.workers_s[worker_pid] - first.workers_s[worker_pid]
    busy_s = max(last.busy_s - first.busy_s, 0.0)
    ours_s = max(ours_s, 0.0)
    return Share(ours_s=ours_s, others_s=max(busy_s - ours_s, 0.0))


class SystemTimes:
    """Processor seconds as the system counts them."""

    def machine_busy_s(self) -> float:
        """Of all programs since the machine started."""
        times = psutil.cpu_times()
        names = ("user", "nice", "system", "irq", "softirq", "interrupt", "dpc")
        return sum(float(getattr(times, name, 0.0)) for name in names)

    def process_busy_s(self, pid: int | None) -> float | None:
        """Of one process, None for this one; None where it is gone or not ours to look at."""
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.Error:
            return None
        return float(times.user + times.system)
