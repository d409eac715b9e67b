"""What the parts draw at rest and under load, for the plug meter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event

import psutil
import pytest

from engine.energy.load import SystemTimes
from engine.energy.steady import SteadyPower, all_cores_busy
from engine.errors import AssumptionError
from tests.energy.machines import Counter, Machine, living

SHORT_S = 0.5


class Idle(SystemTimes):
    """A machine whose programs do nothing, whatever the one below does."""

    def machine_busy_s(self) -> float:
        return 0.0


class Busy(SystemTimes):
    def __init__(self) -> None:
        self._asked = 0

    def machine_busy_s(self) -> float:
        self._asked += 1
        return 5.0 * self._asked


def nothing(_fraction: float) -> None:
    pass


def raised_to(counter: Counter, watts: float) -> Callable[[float], AbstractContextManager[None]]:
    @contextmanager
    def busy(_seconds: float) -> Iterator[None]:
        before, counter.watts = counter.watts, watts
        yield
        counter.watts = before

    return busy


def test_both_readings_are_what_the_counters_say(machine: Machine) -> None:
    package = machine.zone("intel-rapl:0", "package-0", 12.0)
    machine.zone("intel-rapl:0:0", "dram", 3.0)
    busy = raised_to(package, 70.0)
    with (
        living(machine),
        SteadyPower(root=machine.root, times=Idle(), busy=busy, seconds=SHORT_S) as power,
    ):
        assert power.at_rest(Event(), nothing) == pytest.approx(15.0, rel=0.25)
        assert power.under_load(Event(), nothing) == pytest.approx(73.0, rel=0.25)
        assert not power.estimated


def test_an_estimate_takes_what_it_estimates_for_both(machine: Machine) -> None:
    busy = raised_to(machine.counter(machine.root / "none", 0.0), 0.0)
    with SteadyPower(
        root=machine.root, tdp_watts=65.0, times=Idle(), busy=busy, seconds=0.2
    ) as power:
        assert power.estimated
        assert power.at_rest(Event(), nothing) == pytest.approx(13.0)
        assert power.under_load(Event(), nothing) == pytest.approx(65.0)


def test_a_busy_machine_is_not_at_rest(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 12.0)
    with (
        living(machine),
        SteadyPower(root=machine.root, times=Busy(), seconds=SHORT_S) as power,
        pytest.raises(AssumptionError, match="cores busy meanwhile"),
    ):
        power.at_rest(Event(), nothing)


def test_a_sensor_that_fails_meanwhile_is_named(machine: Machine) -> None:
    package = machine.zone("intel-rapl:0", "package-0", 12.0)
    package.unreadable = True
    with SteadyPower(root=machine.root, times=Idle(), seconds=SHORT_S) as power:
        package.show()
        with pytest.raises(AssumptionError, match="processor package-0"):
            power.at_rest(Event(), nothing)


def test_it_can_be_cancelled(machine: Machine) -> None:
    cancelled = Event()
    cancelled.set()
    with SteadyPower(root=machine.root, times=Idle(), seconds=60.0) as power:
        assert power.at_rest(cancelled, nothing) is None


def test_a_machine_that_tells_nothing_says_why(machine: Machine) -> None:
    machine.processor("Unheard-of 1000")
    with pytest.raises(AssumptionError, match="Enter its design power"):
        SteadyPower(root=machine.root)


def test_the_load_ends_with_its_context() -> None:
    with all_cores_busy(30.0):
        children = psutil.Process().children()
        assert children
    assert not any(each.is_running() for each in children)
