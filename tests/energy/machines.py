"""Simulated machines: trees of files in the kernel's own format, driven by a clock of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from engine.contract import Energy
from engine.energy.calibration import Calibration, PlugReading
from engine.energy.conditions import throttle_files
from engine.energy.meter import SensorMeter
from engine.energy.sampler import Clocks, Sampler
from engine.energy.seam import Window
from engine.energy.settings import EnergySettings, PlugCalibration
from engine.energy.sources import find_sensors

RANGE_UJ = 262_143_328_850
"""max_energy_range_uj of a processor that counts in 61 µJ."""

WORKER_PID = 4711


def write(path: Path, text: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="ascii")
    return path


class Counter:
    """A file that counts microjoules, as fast as `watts` says, and starts again after its range."""

    def __init__(self, path: Path, watts: float, start_uj: int, range_uj: int | None) -> None:
        self.path = path
        self.watts = watts
        self.true_joules = 0.0
        self._range_uj = range_uj
        self._exact_uj = float(start_uj)
        self.unreadable = False
        self.show()

    def advance(self, seconds: float) -> None:
        self.true_joules += self.watts * seconds
        self._exact_uj += self.watts * seconds * 1e6
        if self._range_uj is not None:
            self._exact_uj %= self._range_uj + 1
        self.show()

    def jump_to(self, microjoules: int) -> None:
        self._exact_uj = float(microjoules)

    def show(self) -> None:
        if self.unreadable:
            self.path.unlink(missing_ok=True)
        else:
            # In one move: a reader beside the writer must never see a file that is half written.
            fresh = self.path.with_suffix(".new")
            fresh.write_text(f"{int(self._exact_uj)}\n", encoding="ascii")
            fresh.replace(self.path)


class Machine:
    """A folder that stands for /, and what runs on it; time passes only in `run`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now_s = 1000.0
        self.slept_s = 0.0
        self.our_cores = 0.0
        self.other_cores = 0.0
        self.counters: list[Counter] = []
        self._ours_s = 0.0
        self._busy_s = 500.0
        self.processor("Intel(R) Core(TM) i7-10700 CPU @ 2.90GHz")
        self.sampler = Sampler(())

    def processor(self, name: str, *, virtual: bool = False) -> None:
        flags = "fpu sse2 avx2 hypervisor" if virtual else "fpu sse2 avx2"
        write(
            self.root / "proc/cpuinfo",
            f"processor\t: 0\nmodel name\t: {name}\nflags\t\t: {flags}",
        )

    def zone(
        self,
        folder: str,
        name: str,
        watts: float,
        *,
        start_uj: int = 1_000_000_000,
        range_uj: int = RANGE_UJ,
    ) -> Counter:
        base = self.root / "sys/class/powercap" / folder
        write(base / "name", name)
        write(base / "max_energy_range_uj", range_uj)
        write(base / "constraint_0_name", "long_term")
        write(base / "constraint_0_power_limit_uw", 65_000_000)
        return self.counter(base / "energy_uj", watts, start_uj=start_uj, range_uj=range_uj)

    def mirror(self, of: str, folder: str, name: str) -> None:
        """A zone that shows the same counter as another, as each die of a socket does."""
        base = self.root / "sys/class/powercap"
        for file in ("max_energy_range_uj", "constraint_0_name", "constraint_0_power_limit_uw"):
            write(base / folder / file, (base / of / file).read_text(encoding="ascii").strip())
        write(base / folder / "name", name)
        (base / folder / "energy_uj").symlink_to(base / of / "energy_uj")

    def counter(
        self, path: Path, watts: float, *, start_uj: int = 0, range_uj: int | None = None
    ) -> Counter:
        path.parent.mkdir(parents=True, exist_ok=True)
        counter = Counter(path, watts, start_uj, range_uj)
        self.counters.append(counter)
        return counter

    def gpu(self, card: str, driver: str, **files: object) -> Path:
        folder = self.root / "sys/class/drm" / card / "device/hwmon/hwmon3"
        write(folder / "name", driver)
        for name, value in files.items():
            write(folder / name, value)
        return folder

    def supply(self, folder: str, **files: object) -> Path:
        base = self.root / "sys/class/power_supply" / folder
        for name, value in files.items():
            write(base / name, value)
        return base

    def run(self, seconds: float, *, every_s: float = 0.5) -> None:
        """Let time pass and sample, as the sampling thread would."""
        left_s = seconds
        while left_s > 1e-9:
            step_s = min(every_s, left_s)
            self.pass_unseen(step_s)
            self.sampler.sample()
            left_s -= step_s

    def pass_unseen(self, seconds: float) -> None:
        """Let time pass without a sample."""
        for counter in self.counters:
            counter.advance(seconds)
        self.now_s += seconds
        self._ours_s += self.our_cores * seconds
        self._busy_s += (self.our_cores + self.other_cores) * seconds

    def sleep(self, seconds: float) -> None:
        """Suspend: the clock that runs while awake stands still."""
        self.slept_s += seconds

    def machine_busy_s(self) -> float:
        return self._busy_s

    def process_busy_s(self, pid: int | None) -> float | None:
        return {None: 0.0, WORKER_PID: self._ours_s}.get(pid)

    def meter(
        self, *, tdp_watts: float | None = None, calibration: Calibration | None = None
    ) -> SensorMeter:
        sensors = find_sensors(self.root, tdp_watts=tdp_watts)
        clocks = Clocks(lambda: self.now_s, lambda: self.slept_s)
        self.sampler = Sampler(sensors.readers, clocks)
        self.sampler.sample()
        meter = SensorMeter(
            sensors,
            self.sampler,
            self,
            root=self.root,
            throttles=throttle_files(self.root),
        )
        meter.assume(EnergySettings(tdp_watts=tdp_watts, plug=self.plug(calibration)))
        return meter

    def plug(self, calibration: Calibration | None) -> PlugCalibration | None:
        """Readings that mean this calibration, beside the sensors that are there now."""
        if calibration is None:
            return None
        sensors = find_sensors(self.root)
        idle, load = (
            PlugReading(plug_watts=calibration.wall_joules(watts, 1.0), parts_watts=watts)
            for watts in (10.0, 60.0)
        )
        made = datetime(2026, 1, 1, tzinfo=UTC)
        return PlugCalibration(idle=idle, load=load, parts=sensors.parts, made=made)

    def reply(
        self,
        meter: SensorMeter,
        *,
        prompt_s: float = 2.0,
        generation_s: float = 8.0,
        threads: int = 4,
        gpus: tuple[str, ...] = (),
        tokens: int = 101,
    ) -> Energy:
        """Work on a reply for so long, and ask what it took."""
        meter.mark(WORKER_PID)
        begin_s = self.now_s
        self.our_cores = threads
        self.run(prompt_s + generation_s)
        self.our_cores = 0.0
        meter.mark(WORKER_PID)
        return meter.energy(
            Window(
                begin_s=begin_s,
                first_token_s=begin_s + prompt_s,
                end_s=self.now_s,
                busy_threads=threads,
                prompt_tokens=50,
                generated_tokens=tokens,
                gpus=gpus,
                worker_pid=WORKER_PID,
            )
        )


@contextmanager
def living(machine: Machine, *, every_s: float = 0.02) -> Iterator[None]:
    """Let the machine's counters run in real time, for meters that have their own thread."""
    stop = Event()

    def drive() -> None:
        last_s = time.monotonic()
        while not stop.wait(every_s):
            now_s = time.monotonic()
            machine.pass_unseen(now_s - last_s)
            last_s = now_s

    thread = Thread(target=drive, name="simulated machine")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def joules(energy: Energy) -> float:
    """The figure, or a failure that says why there is none."""
    assert energy.joules is not None, energy.absent
    return energy.joules


def within_range(energy: Energy, true_joules: float) -> bool:
    assert energy.low_joules is not None, energy.absent
    assert energy.high_joules is not None, energy.absent
    return energy.low_joules <= true_joules <= energy.high_joules
