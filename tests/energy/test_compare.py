"""`compare` from its command line to its session, on machines simulated as the kernel shows them.

Each reply has the right joules within the stated range, or none with the reason. Two of the runs are
of the real small model; in the others a worker without a model takes a given time.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import msgspec
import pytest

from cli import compare
from cli.app import run
from engine.bench import Bench
from engine.client import WorkerClient
from engine.contract import Energy
from engine.energy import hwmon, nvml, sampler
from engine.energy.meter import SensorMeter
from engine.energy.settings import SENSOR_ROOT
from engine.energy.sources import NVIDIA
from tests.energy.machines import Machine, joules, living, within_range
from tests.energy.paced_worker import GPU
from tests.energy.test_nvml import Card, FakeNvml
from tests.engine.fakes import ROOT, SmallFit

Capture = pytest.CaptureFixture[str]
Compare = Callable[..., Energy]
Script = Callable[[], None]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What the command line takes for /; no wait for an idle baseline.

    Its counters move as often as this process gets to run, which on a busy machine is seldom: their
    step is not measured but taken as the kernel's.
    """
    made = Machine(tmp_path / "root")
    monkeypatch.setenv(SENSOR_ROOT, str(made.root))
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("engine.run._REST_LIMIT_S", 0.0)
    monkeypatch.setattr("engine.energy.sampler.STEP_LIMIT_S", 0.0)
    return made


@contextmanager
def in_the_reply(script: Script, after_s: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Do something to the machine so long after the request was handed over."""
    handed_over, ended = Event(), Event()
    mark = SensorMeter.mark

    def watched(meter: SensorMeter, worker_pid: int | None = None) -> None:
        mark(meter, worker_pid)
        if worker_pid is not None:
            handed_over.set()

    def act() -> None:
        if handed_over.wait(30.0) and not ended.wait(after_s):
            script()

    monkeypatch.setattr(SensorMeter, "mark", watched)
    thread = Thread(target=act, name="script")
    thread.start()
    try:
        yield
    finally:
        handed_over.set()
        ended.set()
        thread.join()


@pytest.fixture
def paced(
    machine: Machine, small_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> Compare:
    """Run `compare` on a reply of so many seconds; gives the reply's energy."""
    monkeypatch.setattr(compare, "fit", SmallFit())

    def go(
        seconds: float, script: Script | None = None, after_s: float = 0.4, *, gpu: bool = False
    ) -> Energy:
        start = partial(start_paced, seconds=seconds, gpu=gpu)
        monkeypatch.setattr(compare, "Bench", partial(Bench, start_worker=start))
        with living(machine):
            if script is None:
                return energy_of(capsys, str(small_model))
            with in_the_reply(script, after_s, monkeypatch):
                return energy_of(capsys, str(small_model))

    return go


def start_paced(what: str, *, seconds: float, gpu: bool) -> WorkerClient:
    folders = [str(ROOT), os.fspath(Path(msgspec.__file__).parents[1])]
    script = str(Path(__file__).with_name("paced_worker.py"))
    arguments = [script, str(seconds), *(["gpu"] if gpu else [])]
    code = (
        f"import sys, runpy; sys.path[:0] = {folders}; sys.argv = {arguments}; "
        f"runpy.run_path({script!r}, run_name='__main__')"
    )
    return WorkerClient(what, (sys.executable, "-S", "-c", code))


def energy_of(capsys: Capture, model: str, *further: str) -> Energy:
    assert run(("compare", model, "-p", "Count.", "-t", "1", "--json", *further)) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    (reply,) = document["replies"]
    return msgspec.convert(reply["energy"], Energy)


def is_right(energy: Energy, watts: float) -> bool:
    """Of a machine that draws this all the time."""
    assert energy.seconds is not None
    return within_range(energy, watts * energy.seconds)


# The real model ------------------------------------------------------------------------------------


def test_a_socket_with_memory_gives_its_joules_to_a_real_reply(
    machine: Machine, small_model: Path, capsys: Capture
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.zone("intel-rapl:0:0", "dram", 5.0)
    with living(machine):
        energy = energy_of(capsys, str(small_model), "-n", "120")
    assert is_right(energy, 45.0)
    assert energy.kind == "measured"
    assert [part.covers for part in energy.parts] == ["cpu", "memory"]
    assert energy.prompt_joules is not None or "prompt_joules" in energy.absent


def test_two_sockets_are_added_for_a_real_reply(
    machine: Machine, small_model: Path, capsys: Capture
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.zone("intel-rapl:1", "package-1", 30.0, start_uj=7_000_000)
    with living(machine):
        energy = energy_of(capsys, str(small_model), "-n", "120")
    assert is_right(energy, 70.0)


# Counters that mislead -----------------------------------------------------------------------------


def test_the_stretches_of_a_reply_are_told_apart(machine: Machine, paced: Compare) -> None:
    """By hand: a quarter of 40 W · 2 s lies before the first token."""
    machine.zone("intel-rapl:0", "package-0", 40.0)
    energy = paced(2.0)
    assert is_right(energy, 40.0)
    assert energy.prompt_joules == pytest.approx(20.0, rel=0.2)
    assert energy.generation_joules == pytest.approx(60.0, rel=0.2)
    assert energy.joules_per_prompt_token == pytest.approx(2.0, rel=0.2)


def test_dies_that_mirror_one_socket_count_once(machine: Machine, paced: Compare) -> None:
    machine.zone("intel-rapl:0", "package-0-die-0", 60.0)
    for die in range(1, 4):
        machine.mirror("intel-rapl:0", f"intel-rapl:{die}", f"package-0-die-{die}")
    energy = paced(1.2)
    assert is_right(energy, 60.0)
    assert len(energy.parts) == 1


@pytest.mark.parametrize(("seconds", "wraps"), [(1.3, 1), (2.5, 2)])
def test_wraps_in_the_reply_lose_nothing(
    seconds: float, wraps: int, machine: Machine, paced: Compare
) -> None:
    """At 900 W the 1,000 J until it starts again are over every 1.1 s."""
    assert int(seconds * 900 / 1000) == wraps
    machine.zone("intel-rapl:0", "package-0", 900.0, range_uj=1_000_000_000 - 1)
    energy = paced(seconds)
    assert is_right(energy, 900.0)
    assert joules(energy) > wraps * 1000 * 0.9


def test_a_counter_that_stops_leaves_no_figure(machine: Machine, paced: Compare) -> None:
    package = machine.zone("intel-rapl:0", "package-0", 40.0)
    energy = paced(2.6, lambda: setattr(package, "watts", 0.0))
    assert energy.joules is None
    assert energy.absent["joules"] == (
        "The sensor of the processor package-0 stopped moving during the window."
    )


def test_a_counter_that_jumps_back_leaves_no_figure(machine: Machine, paced: Compare) -> None:
    package = machine.zone("intel-rapl:0", "package-0", 40.0)
    energy = paced(1.2, lambda: package.jump_to(5_000))
    assert energy.joules is None
    assert "jumped, as a counter does that was reset" in energy.absent["joules"]


def test_a_counter_that_becomes_unreadable_leaves_no_figure(
    machine: Machine, paced: Compare
) -> None:
    package = machine.zone("intel-rapl:0", "package-0", 40.0)
    energy = paced(1.2, lambda: setattr(package, "unreadable", True))
    assert energy.joules is None
    assert "could not be read during the window" in energy.absent["joules"]


def test_a_sleep_in_the_reply_leaves_no_figure(
    machine: Machine, paced: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    slept_s = [0.0]
    awake = sampler.asleep_s
    clocks = sampler.Clocks(asleep_s=lambda: awake() + slept_s[0])
    monkeypatch.setattr(sampler, "Clocks", lambda: clocks)
    energy = paced(1.2, lambda: slept_s.__setitem__(0, 3600.0))
    assert energy.joules is None
    assert "the machine slept during the window" in energy.absent["joules"]


# Other sensors -------------------------------------------------------------------------------------


def test_an_apu_s_figure_only_checks_the_processor_s(machine: Machine, paced: Compare) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.gpu("card0", "amdgpu", power1_average=55_000_000, in1_label="vddnb")
    energy = paced(1.2)
    assert is_right(energy, 40.0)
    assert energy.source == "powercap"


@pytest.fixture
def quick_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sampled power that moves every 0.05 s, so that a reply of a second is twenty steps long."""
    for module in (hwmon, nvml):
        monkeypatch.setattr(module, "SAMPLED_STEP_S", 0.05)
    monkeypatch.setattr(sampler, "INTERVAL_S", 0.05)


@pytest.mark.usefixtures("quick_sensors")
def test_an_apu_alone_covers_processor_and_gpu(machine: Machine, paced: Compare) -> None:
    machine.gpu("card0", "amdgpu", power1_average=55_000_000, in1_label="vddnb")
    energy = paced(1.2)
    assert is_right(energy, 55.0)
    assert [part.covers for part in energy.parts if part.counted] == ["cpu and gpu"]


def test_a_battery_with_the_wrong_sign_is_a_condition_and_no_part(
    machine: Machine, paced: Compare
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.supply("BAT0", type="Battery", status="Discharging", power_now=-18_000_000)
    energy = paced(1.2)
    assert is_right(energy, 40.0)
    assert energy.conditions is not None
    assert energy.conditions.power_source == "battery"


def test_a_gpu_that_refuses_leaves_no_figure_for_a_model_on_it(
    machine: Machine, paced: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    nvidia(machine, monkeypatch, Card(counter=False, fields=(), usage=False))
    energy = paced(1.2, gpu=True)
    assert energy.joules is None
    assert energy.absent["joules"] == (
        f"No sensor tells the energy of {GPU.description}, on which the model ran."
    )


@pytest.mark.usefixtures("quick_sensors")
def test_a_gpu_that_answers_is_added_to_the_processor(
    machine: Machine, paced: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    nvidia(machine, monkeypatch, Card(counter=False, watts=160.0))
    energy = paced(1.2, gpu=True)
    assert is_right(energy, 200.0)
    assert energy.source == "powercap + NVML"


def nvidia(machine: Machine, monkeypatch: pytest.MonkeyPatch, *cards: Card) -> None:
    """A machine with NVIDIA's driver, whose library answers for these cards."""
    (machine.root / NVIDIA).mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(*cards))


def test_without_a_counter_the_reply_is_estimated_as_a_range_in_two_digits(
    machine: Machine, paced: Compare
) -> None:
    """By hand: 65 W TDP draw 13 W at rest and 52 W more with all cores; one thread is one core's part."""
    energy = paced(1.0)
    assert energy.kind == "estimated"
    assert energy.joules == float(f"{energy.joules:.1e}")
    assert energy.low_joules == pytest.approx(joules(energy) / 2, rel=0.05)
    assert energy.high_joules == pytest.approx(joules(energy) * 2, rel=0.05)
    cores = energy.parts[0].basis.physical_cores if energy.parts[0].basis else 0
    assert joules(energy) == pytest.approx(13 + 52 / cores, rel=0.06)
