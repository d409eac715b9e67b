"""One thread that reads every sensor five times a second, and whoever asks for a read in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from threading import Event, Lock, Thread
from typing import NamedTuple, TypeVar

from engine.energy.trace import Trace
from engine.energy.zones import Reader

Answer = TypeVar("Answer")

INTERVAL_S = 0.2
LONGEST_GAP_S = 10.0
SLEEP_S = 1.0
STEP_LIMIT_S = 0.3
STEP_POLL_S = 0.001
STEPS_WANTED = 6


def asleep_s() -> float:
    """A clock that runs only while the machine sleeps; elsewhere than on Linux it follows the date."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return time.time() - time.monotonic()


class Clocks(NamedTuple):
    """Seconds awake, and seconds asleep."""

    awake_s: Callable[[], float] = time.monotonic
    asleep_s: Callable[[], float] = asleep_s


class Sampler:
    """Owns the readers and the traces. `sample` may be called from any thread."""

    def __init__(self, readers: Sequence[Reader], clocks: Clocks | None = None) -> None:
        self._readers = tuple(readers)
        self.clocks = clocks or Clocks()
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None
        self._last_s: float | None = None
        self._last_asleep_s = 0.0
        self.sleeps = 0
        self._traces: Mapping[str, Trace] = {
            zone.key: Trace(zone) for reader in self._readers for zone in reader.zones
        }

    def start(self) -> None:
        if self._readers and self._thread is None:
            self._thread = Thread(target=self._run, name="energy sampler", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread, then close the readers."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._lock:
            for reader in self._readers:
                reader.close()
            self._readers = ()

    def sample(self) -> None:
        """Read every sensor once, now."""
        with self._lock:
            self._watch_for_sleep()
            for reader in self._readers:
                before_s = self.clocks.awake_s()
                values = reader.read()
                moment_s = (before_s + self.clocks.awake_s()) / 2
                for zone in reader.zones:
                    self._traces[zone.key].add(moment_s, values.get(zone.key))

    def ask(self, question: Callable[[Mapping[str, Trace]], Answer]) -> Answer:
        """Put a question to the traces while nobody adds to them."""
        with self._lock:
            return question(self._traces)

    def measure_steps(self) -> None:
        """Watch the counters for a moment, to learn how often each one moves."""
        seen: dict[str, list[float]] = {}
        last: dict[str, float] = {}
        counters = {key for key, trace in self._traces.items() if trace.zone.kind == "counter"}
        end_s = self.clocks.awake_s() + STEP_LIMIT_S
        while self.clocks.awake_s() < end_s and not self._stop.wait(STEP_POLL_S):
            with self._lock:
                values = {
                    key: value
                    for reader in self._readers
                    for key, value in reader.read().items()
                    if key in counters
                }
            moment_s = self.clocks.awake_s()
            for key, value in values.items():
                if key in last and value != last[key]:
                    seen.setdefault(key, []).append(moment_s)
                last[key] = value
            if counters and all(len(seen.get(key, ())) >= STEPS_WANTED for key in counters):
                break
        with self._lock:
            for key, moments in seen.items():
                if len(moments) > 1:
                    self._traces[key].step_s = median(b - a for a, b in pairwise(moments))

    def steps_s(self) -> dict[str, float]:
        """By source: the slowest step among its counted zones."""
        steps: dict[str, float] = {}
        for trace in self._traces.values():
            if trace.zone.counted:
                source = trace.zone.source
                steps[source] = max(steps.get(source, 0.0), trace.step_s)
        return steps

    def _run(self) -> None:
        self.sample()
        self.measure_steps()
        while not self._stop.wait(INTERVAL_S):
            self.sample()

    def _watch_for_sleep(self) -> None:
        now_s, asleep = self.clocks.awake_s(), self.clocks.asleep_s()
        if self._last_s is not None:
            if asleep - self._last_asleep_s > SLEEP_S:
                self.sleeps += 1
                self._break_off("was cut off: the machine slept during the window")
            elif self._thread is not None and now_s - self._last_s > LONGEST_GAP_S:
                gap_s = now_s - self._last_s
                self._break_off(f"was cut off: nothing was read for {gap_s:.0f} s")
        self._last_s, self._last_asleep_s = now_s, asleep

    def _break_off(self, reason: str) -> None:
        for trace in self._traces.values():
            trace.break_off(reason)
