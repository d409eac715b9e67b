"""The meter behind the seam: baseline, contamination, conditions, resolution, and its thread."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.energy.meter import SensorMeter, machine_meter
from engine.energy.sampler import Sampler
from engine.energy.seam import EnergyMeter, NoMeter, Window
from engine.energy.wording import energy_rows
from engine.energy.zones import Zone
from tests.energy.machines import WORKER_PID, Machine, joules, living, write

PATIENCE_S = 10.0


@pytest.fixture
def measured(machine: Machine) -> tuple[Machine, SensorMeter]:
    machine.zone("intel-rapl:0", "package-0", 10.0)
    machine.zone("intel-rapl:0:0", "dram", 2.0)
    meter = machine.meter()
    machine.run(1)
    return machine, meter


def rest(machine: Machine, meter: SensorMeter, seconds: float = 12.0) -> None:
    meter.mark(WORKER_PID)
    machine.run(seconds)
    meter.mark(WORKER_PID)


def test_without_an_idle_baseline_above_idle_is_absent(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    energy = machine.reply(meter)
    assert energy.above_idle_joules is None
    assert "idle baseline" in energy.absent["above_idle_joules"]
    assert energy.joules is not None


def test_above_idle_is_the_total_less_the_rest_before_it(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    meter.resident(1)
    rest(machine, meter)
    machine.counters[0].watts = 60.0
    energy = machine.reply(meter, prompt_s=2, generation_s=8)
    assert energy.idle_watts == pytest.approx(12)
    assert joules(energy) == pytest.approx(620)
    assert energy.above_idle_joules == pytest.approx(500)
    assert energy.prompt_above_idle_joules == pytest.approx(100)
    assert energy.generation_above_idle_joules == pytest.approx(400)


def test_nine_quiet_seconds_are_no_baseline(measured: tuple[Machine, SensorMeter]) -> None:
    machine, meter = measured
    rest(machine, meter, 9.0)
    assert machine.reply(meter).above_idle_joules is None


def test_a_busy_machine_gives_no_baseline(measured: tuple[Machine, SensorMeter]) -> None:
    machine, meter = measured
    machine.other_cores = 1.0
    rest(machine, meter, 20.0)
    assert meter.idle_watts(loaded=False) is None


def test_the_baseline_of_a_loaded_model_is_kept_apart(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    rest(machine, meter)
    meter.resident(1)
    machine.counters[1].watts = 5.0
    rest(machine, meter)
    assert meter.idle_watts(loaded=False) == pytest.approx(12)
    assert meter.idle_watts(loaded=True) == pytest.approx(15)
    energy = machine.reply(meter)
    assert energy.idle_watts == pytest.approx(15)
    assert energy.unloaded_idle_watts == pytest.approx(12)
    assert dict(energy_rows(energy))["Idle power, no model"] == "12.0 W"


def test_after_a_sleep_the_baseline_no_longer_holds(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    rest(machine, meter)
    machine.sleep(600)
    machine.run(1)
    energy = machine.reply(meter)
    assert "slept" in energy.absent["above_idle_joules"]


def test_another_governor_asks_for_another_baseline(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    governor = machine.root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
    write(governor, "powersave")
    rest(machine, meter)
    write(governor, "performance")
    energy = machine.reply(meter)
    assert "performance" in energy.absent["above_idle_joules"]
    assert energy.conditions is not None
    assert energy.conditions.governor == "performance"


def test_going_to_battery_asks_for_another_baseline(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 10.0)
    machine.supply("AC", type="Mains", online=1)
    machine.supply("BAT0", type="Battery", status="Charging", power_now=1)
    meter = machine.meter()
    machine.run(1)
    rest(machine, meter)
    machine.supply("AC", online=0)
    machine.supply("BAT0", status="Discharging")
    assert "battery" in machine.reply(meter).absent["above_idle_joules"]


def test_energy_above_idle_is_never_negative(measured: tuple[Machine, SensorMeter]) -> None:
    machine, meter = measured
    rest(machine, meter)
    machine.counters[0].watts = 4.0
    assert machine.reply(meter).above_idle_joules == 0.0


def test_other_programs_over_a_fifth_of_the_processor_contaminate(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    machine.other_cores = 1.5
    energy = machine.reply(meter, threads=4)
    assert energy.contaminated
    assert energy.others_cpu_percent == pytest.approx(100 * 1.5 / 5.5, abs=0.5)


def test_a_few_percent_of_others_do_not_contaminate(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    machine.other_cores = 0.2
    assert machine.reply(meter, threads=4).contaminated is False


def test_our_share_of_a_shared_machine_is_taken_above_idle(
    measured: tuple[Machine, SensorMeter],
) -> None:
    """By hand: (60 − 12) W · 10 s · 3 / (3 + 1) = 360 J, the idle power belonging to nobody."""
    machine, meter = measured
    rest(machine, meter)
    machine.counters[0].watts = 58.0
    machine.other_cores = 1.0
    energy = machine.reply(meter, threads=3)
    assert energy.attributed_joules == pytest.approx(360, rel=1e-3)


def test_a_reply_too_short_to_tell_programs_apart_says_so(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    energy = machine.reply(meter, prompt_s=0.1, generation_s=0.3)
    assert energy.contaminated is None
    assert "shorter than" in energy.absent["others_cpu_percent"]


def test_throttling_in_the_window_is_seen(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 10.0)
    cpu = machine.root / "sys/devices/system/cpu/cpu0"
    write(cpu / "topology/physical_package_id", 0)
    count = write(cpu / "thermal_throttle/package_throttle_count", 7)
    meter = machine.meter()
    machine.run(1)
    calm = machine.reply(meter).conditions
    meter.mark(WORKER_PID)
    begin_s = machine.now_s
    machine.run(2)
    write(count, 9)
    meter.mark(WORKER_PID)
    hot = meter.energy(Window(begin_s=begin_s, end_s=machine.now_s)).conditions
    assert calm is not None
    assert hot is not None
    assert (calm.throttled, hot.throttled) == (False, True)


def test_a_reply_under_twenty_steps_of_its_sensor_gets_no_figure(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.gpu("card1", "amdgpu", power1_average=180_000_000)
    meter = machine.meter()
    machine.run(1)
    short = machine.reply(meter, prompt_s=1, generation_s=2.8, gpus=("AMD Radeon",))
    enough = machine.reply(meter, prompt_s=1, generation_s=3.0, gpus=("AMD Radeon",))
    assert short.joules is None
    assert short.absent["joules"].startswith("Too short")
    assert short.parts
    assert joules(enough) == pytest.approx(220 * 4)
    assert enough.prompt_joules is None
    assert enough.absent["prompt_joules"].startswith("Too short")


def test_a_model_on_another_machine_has_no_energy_here(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    window = Window(begin_s=machine.now_s - 1, end_s=machine.now_s, remote=True)
    assert "another machine" in meter.energy(window).absent["joules"]


def test_a_reply_that_began_before_the_meter_has_no_figure(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    energy = meter.energy(Window(begin_s=machine.now_s - 60, end_s=machine.now_s))
    assert "not sampled yet" in energy.absent["joules"]


def test_neighbouring_replies_add_up_to_the_stretch_they_fill(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    begin_s = machine.now_s
    machine.run(3)
    middle_s = machine.now_s
    machine.counters[0].watts = 90.0
    machine.run(4.1)
    end_s = machine.now_s
    halves = [
        joules(meter.energy(Window(begin_s=a, end_s=b)))
        for a, b in ((begin_s, middle_s), (middle_s, end_s))
    ]
    assert sum(halves) == pytest.approx(joules(meter.energy(Window(begin_s=begin_s, end_s=end_s))))


# --- The seam, whatever stands behind it ----------------------------------------------------------


@pytest.fixture(params=["none", "this machine", "simulated"])
def any_meter(request: pytest.FixtureRequest, machine: Machine) -> EnergyMeter:
    if request.param == "none":
        return NoMeter()
    if request.param == "this machine":
        return machine_meter()
    machine.zone("intel-rapl:0", "package-0", 10.0)
    return machine_meter(machine.root)


def test_every_meter_gives_a_figure_or_the_reason(any_meter: EnergyMeter) -> None:
    any_meter.start()
    any_meter.mark(os.getpid())
    begin_s = time.monotonic()
    wait_until(lambda: time.monotonic() > begin_s + 0.05)
    end_s = time.monotonic()
    any_meter.mark(os.getpid())
    energy = any_meter.energy(
        Window(begin_s=begin_s, first_token_s=begin_s + 0.01, end_s=end_s, generated_tokens=3)
    )
    any_meter.close()
    assert (energy.joules is None) == ("joules" in energy.absent)


def test_every_meter_ends_its_thread(any_meter: EnergyMeter) -> None:
    any_meter.start()
    any_meter.resident(1)
    any_meter.close()
    assert not [each for each in threading.enumerate() if each.name == "energy sampler"]


def test_resting_is_given_up_when_it_is_cancelled(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 10.0)
    meter = machine.meter()
    cancelled = threading.Event()
    cancelled.set()
    meter.rest(60.0, cancelled)


class Waits(threading.Event):
    """A cancellation that never comes and lets simulated time pass instead."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine
        self.waited_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_s.append(timeout or 0.0)
        self.machine.run(timeout or 0.0)
        return False


def test_resting_once_gives_the_baseline(measured: tuple[Machine, SensorMeter]) -> None:
    machine, meter = measured
    meter.resident(1)
    waits = Waits(machine)
    meter.rest(60.0, waits)
    meter.rest(60.0, waits)
    assert len(waits.waited_s) == 1
    assert waits.waited_s[0] <= 12
    assert machine.reply(meter).idle_watts == pytest.approx(12)


def test_a_machine_that_is_never_quiet_is_waited_for_only_once(
    measured: tuple[Machine, SensorMeter],
) -> None:
    machine, meter = measured
    machine.other_cores = 2.0
    waits = Waits(machine)
    for _ in range(5):
        meter.rest(60.0, waits)
    assert len(waits.waited_s) == 1
    assert meter.idle_watts(loaded=False) is None


# --- The sampling thread --------------------------------------------------------------------------


class SteppingReader:
    """A counter that moves every hundredth of a second of real time."""

    zones = (
        Zone(
            key="step",
            name="stepper",
            source="test",
            covers="cpu",
            kind="counter",
            label="measured",
            step_s=0.5,
        ),
    )

    def __init__(self) -> None:
        self.reads = 0
        self.closed = False

    def read(self) -> dict[str, float]:
        self.reads += 1
        return {"step": int(time.monotonic() * 100) / 100 * 50.0}

    def close(self) -> None:
        self.closed = True


def test_the_step_of_a_counter_is_measured_at_the_start() -> None:
    sampler = Sampler([SteppingReader()])
    sampler.measure_steps()
    step_s = sampler.ask(lambda traces: traces["step"].step_s)
    assert step_s == pytest.approx(0.01, rel=0.6)


def test_a_machine_in_real_time_gives_its_joules(machine: Machine) -> None:
    """All of it together: thread, measured steps, marks, and counters that run beside them."""
    machine.zone("intel-rapl:0", "package-0", 100.0)
    with living(machine):
        meter = machine_meter(machine.root)
        meter.start()
        wait_for(0.8)
        meter.mark(os.getpid())
        begin_s = time.monotonic()
        wait_for(1.2)
        end_s = time.monotonic()
        meter.mark(os.getpid())
        energy = meter.energy(Window(begin_s=begin_s, end_s=end_s, worker_pid=os.getpid()))
        meter.close()
    assert joules(energy) == pytest.approx(100 * (end_s - begin_s), rel=0.3)
    assert (energy.parts[0].step_s or 1) < 0.2


def test_the_thread_samples_until_it_is_closed() -> None:
    reader = SteppingReader()
    sampler = Sampler([reader])
    sampler.start()
    wait_until(lambda: reader.reads > 5)
    sampler.close()
    assert reader.closed


def test_neither_library_is_imported_before_sensors_are_looked_for() -> None:
    code = (
        "import sys, engine.energy.meter, engine.energy.sources, engine.cost;"
        "print([name for name in ('pynvml', 'zeus_apple_silicon') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert answer.stdout.strip() == "[]"


def wait_for(seconds: float) -> None:
    """Real time that a real clock must see pass."""
    end_s = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end_s)


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        pause.wait(0.005)
