"""From the components to the plug, by two readings of a plug meter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.energy.calibration import Calibration, PlugReading, calibrate
from engine.errors import AssumptionError
from tests.energy.machines import Machine


def reading(plug_watts: float, parts_watts: float) -> PlugReading:
    return PlugReading(plug_watts=plug_watts, parts_watts=parts_watts)


def test_two_readings_give_the_supply_and_the_rest() -> None:
    """By hand: 80 W more at the parts, 100 W more at the plug: 80 %; 40 − 16 / 0.8 = 20 W."""
    fit = calibrate(reading(40, 16), reading(140, 96))
    assert fit.efficiency == pytest.approx(0.8)
    assert fit.rest_watts == pytest.approx(20)
    assert fit.wall_joules(960, 10) == pytest.approx(1400)


@given(
    efficiency=st.floats(0.55, 0.99),
    rest=st.floats(0.5, 200),
    idle=st.floats(1, 100),
    span=st.floats(6, 400),
)
def test_what_was_put_in_comes_out(
    efficiency: float, rest: float, idle: float, span: float
) -> None:
    truth = Calibration(efficiency=efficiency, rest_watts=rest)
    low, high = (reading(truth.wall_joules(watts, 1), watts) for watts in (idle, idle + span))
    fit = calibrate(low, high)
    assert fit.efficiency == pytest.approx(efficiency, rel=1e-6)
    assert fit.rest_watts == pytest.approx(rest, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("idle", "load", "words"),
    [
        (reading(40, 16), reading(60, 18), "apart"),
        (reading(140, 16), reading(40, 96), "which reading is which"),
        (reading(40, 16), reading(100, 96), "passes on"),
        (reading(18, 17), reading(118, 97), "less than nothing"),
    ],
)
def test_readings_that_cannot_be_right_are_refused(
    idle: PlugReading, load: PlugReading, words: str
) -> None:
    with pytest.raises(AssumptionError, match=words):
        calibrate(idle, load)


def test_a_calibrated_machine_tells_joules_at_the_plug(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 45.0)
    meter = machine.meter(calibration=Calibration(efficiency=0.9, rest_watts=20))
    machine.run(1)
    energy = machine.reply(meter)
    assert energy.wall_joules == pytest.approx(450 / 0.9 + 200)


def test_an_uncalibrated_machine_says_what_it_leaves_out(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 45.0)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter)
    assert energy.wall_joules is None
    assert "plug meter" in energy.absent["wall_joules"]
    assert "power supply" in (energy.boundary or "")
