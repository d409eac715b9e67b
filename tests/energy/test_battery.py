"""A laptop's battery: only while it discharges, whatever its sign, and never added."""

from __future__ import annotations

import pytest

from engine.energy.battery import find_battery
from engine.energy.sources import sources
from tests.energy.machines import Machine, write


def laptop(machine: Machine, **battery: object) -> Machine:
    machine.supply("AC", type="Mains", online=0)
    machine.supply("BAT0", type="Battery", **({"status": "Discharging"} | battery))
    return machine


def test_a_negative_power_is_the_same_power(machine: Machine) -> None:
    laptop(machine, power_now=-18_500_000)
    reader, _ = find_battery(machine.root)
    assert reader is not None
    assert reader.read() == {"battery": 18.5}


def test_without_a_power_it_is_current_times_voltage(machine: Machine) -> None:
    laptop(machine, current_now=-1_500_000, voltage_now=12_000_000)
    reader, _ = find_battery(machine.root)
    assert reader is not None
    assert reader.read()["battery"] == pytest.approx(18.0)


def test_two_batteries_are_added_while_one_of_them_works(machine: Machine) -> None:
    laptop(machine, power_now=9_000_000)
    machine.supply("BAT1", type="Battery", status="Not charging", power_now=0)
    reader, _ = find_battery(machine.root)
    assert reader is not None
    assert reader.read() == {"battery": 9.0}


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown"])
def test_nothing_is_read_while_it_does_not_discharge(machine: Machine, status: str) -> None:
    laptop(machine, status=status, power_now=30_000_000)
    reader, line = find_battery(machine.root)
    assert reader is not None
    assert reader.read() == {}
    assert not line.usable
    assert "Unplug" in (line.remedy or "")


def test_a_wireless_mouse_is_not_the_battery_of_the_machine(machine: Machine) -> None:
    machine.supply(
        "hidpp_battery_0", type="Battery", scope="Device", status="Discharging", power_now=1
    )
    reader, line = find_battery(machine.root)
    assert reader is None
    assert line.reason == "This machine has no battery."


def test_it_checks_a_reply_of_a_minute_and_is_not_added(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 12.0)
    laptop(machine, power_now=-18_000_000)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter, generation_s=60)
    battery = next(part for part in energy.parts if part.source == "battery")
    assert energy.joules == pytest.approx(12 * 62)
    assert battery.joules == pytest.approx(18 * 62)
    assert not battery.counted


def test_it_says_nothing_of_a_short_reply(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 12.0)
    laptop(machine, power_now=-18_000_000)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter)
    assert not [part for part in energy.parts if part.source == "battery"]


def test_the_conditions_name_the_battery(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 12.0)
    laptop(machine, power_now=18_000_000)
    write(machine.root / "sys/firmware/acpi/platform_profile", "low-power")
    meter = machine.meter()
    machine.run(1)
    conditions = machine.reply(meter).conditions
    assert conditions is not None
    assert conditions.power_source == "battery"
    assert conditions.power_profile == "low-power"
    assert "governor" in conditions.absent


def test_the_list_of_sources_says_it_is_not_used(machine: Machine) -> None:
    laptop(machine, power_now=18_000_000)
    line = next(each for each in sources(machine.root) if each.source == "battery")
    assert line.usable
    assert not line.used
