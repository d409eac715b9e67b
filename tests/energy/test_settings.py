"""What the user said of the machine: a design power, a plug meter's readings, another root."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.energy.calibration import Calibration, PlugReading
from engine.energy.meter import machine_meter
from engine.energy.settings import SENSOR_ROOT, EnergySettings, PlugCalibration
from engine.energy.sources import find_sensors
from engine.errors import AssumptionError, StorageError
from tests.energy.machines import Machine, joules

MADE = datetime(2026, 3, 1, tzinfo=UTC)


def plug(machine: Machine, idle: tuple[float, float], load: tuple[float, float]) -> PlugCalibration:
    sensors = find_sensors(machine.root)
    readings = (PlugReading(plug_watts=each[0], parts_watts=each[1]) for each in (idle, load))
    return PlugCalibration(
        idle=next(readings),
        load=next(readings),
        parts=sensors.parts,
        estimated=sensors.estimated,
        made=MADE,
    )


def test_a_design_power_of_the_user_s_is_taken_at_once(machine: Machine) -> None:
    meter = machine.meter()
    before = joules(machine.reply(meter))
    meter.assume(EnergySettings(tdp_watts=130.0))
    assert joules(machine.reply(meter)) == pytest.approx(2 * before, rel=0.05)


def test_changed_settings_count_from_the_next_run_on(machine: Machine) -> None:
    settings = EnergySettings()
    meter = machine_meter(machine.root, lambda: settings)
    settings = EnergySettings(tdp_watts=130.0)
    meter.start()
    meter.close()
    source = machine.reply(meter).parts[0].source
    assert source == "TDP estimate: 130 W, as entered in the settings"


def test_settings_that_can_no_longer_be_read_leave_the_last_ones(machine: Machine) -> None:
    answers = iter([EnergySettings(tdp_watts=130.0)])

    def read() -> EnergySettings:
        for answer in answers:
            return answer
        raise StorageError("gone")

    meter = machine_meter(machine.root, read)
    meter.start()
    meter.close()
    assert machine.reply(meter).parts[0].source.startswith("TDP estimate: 130 W")


def test_a_calibration_of_other_sensors_is_not_applied(machine: Machine) -> None:
    made_without_counters = plug(machine, (20.0, 13.0), (80.0, 65.0))
    machine.zone("intel-rapl:0", "package-0", 40.0)
    meter = machine.meter()
    meter.assume(EnergySettings(plug=made_without_counters))
    energy = machine.reply(meter)
    assert energy.wall_joules is None
    assert energy.absent["wall_joules"].startswith("The plug meter calibrated other sensors")


def test_a_plug_meter_sets_an_estimate_right_at_both_ends(machine: Machine) -> None:
    """By hand: 65 W TDP are estimated at 13 W idle and 65 W at all cores."""
    settings = EnergySettings(plug=plug(machine, (35.0, 13.0), (165.0, 65.0)))
    fit = settings.checked().plug
    assert fit is not None
    assert fit.fit().wall_joules(13.0, 1.0) == pytest.approx(35.0)
    assert fit.fit().wall_joules(65.0, 1.0) == pytest.approx(165.0)


def test_the_same_readings_are_refused_beside_real_counters(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    with pytest.raises(AssumptionError, match="power supply"):
        EnergySettings(plug=plug(machine, (35.0, 13.0), (165.0, 65.0))).checked()


@pytest.mark.parametrize("watts", [0.0, -5.0, 1e6, float("nan")])
def test_an_impossible_design_power_is_refused(watts: float) -> None:
    with pytest.raises(AssumptionError, match="design power"):
        EnergySettings(tdp_watts=watts).checked()


def test_the_environment_can_name_another_root(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    monkeypatch.setenv(SENSOR_ROOT, str(machine.root))
    meter = machine_meter()
    assert [source.source for source in meter.sources if source.used] == ["powercap"]
    meter.close()


def test_a_calibration_counts_in_the_joules_at_the_plug(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    energy = machine.reply(machine.meter(calibration=Calibration(efficiency=0.8, rest_watts=10.0)))
    assert energy.wall_joules == pytest.approx(10 * (40 / 0.8 + 10), rel=0.01)
