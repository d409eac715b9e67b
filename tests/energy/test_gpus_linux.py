"""AMD and Intel GPUs: files of their drivers, and what an APU's figure includes."""

from __future__ import annotations

import pytest

from engine.energy.hwmon import find_amdgpu, find_intel
from tests.energy.machines import Machine, joules, write


def test_a_discrete_amd_card_is_added_to_the_processor(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.gpu("card1", "amdgpu", power1_average=180_000_000)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter, gpus=("AMD Radeon RX 7900",))
    assert joules(energy) == pytest.approx((40 + 180) * 10)


def test_an_apu_beside_a_processor_counter_only_checks_it(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 30.0)
    machine.gpu("card0", "amdgpu", power1_input=29_000_000, in1_label="vddnb", in1_input=900)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter)
    assert joules(energy) == pytest.approx(300)
    check = next(part for part in energy.parts if not part.counted)
    assert check.joules == pytest.approx(290)


def test_an_apu_without_a_processor_counter_covers_both_and_no_estimate_is_added(
    machine: Machine,
) -> None:
    machine.gpu("card0", "amdgpu", power1_input=29_000_000, in1_label="vddnb")
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter, gpus=("AMD Radeon 780M",))
    assert joules(energy) == pytest.approx(290)
    assert energy.kind == "measured"


def test_a_die_that_shows_no_watts_has_no_zone(machine: Machine) -> None:
    machine.gpu("card0", "amdgpu", power1_average=250_000_000)
    machine.gpu("card1", "amdgpu", power1_average=0)
    reader, _ = find_amdgpu(machine.root, processor_counted=True)
    assert reader is not None
    assert [zone.key for zone in reader.zones] == ["amdgpu:card0"]


def test_connectors_of_a_card_are_no_cards(machine: Machine) -> None:
    machine.gpu("card0", "amdgpu", power1_average=50_000_000)
    machine.gpu("card0-HDMI-A-1", "amdgpu", power1_average=50_000_000)
    reader, _ = find_amdgpu(machine.root, processor_counted=True)
    assert reader is not None
    assert len(reader.zones) == 1


def test_an_intel_card_is_counted_as_a_whole(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    folder = machine.gpu("card0", "xe", energy1_label="card", energy2_label="pkg")
    machine.counter(folder / "energy1_input", 120.0, start_uj=900)
    machine.counter(folder / "energy2_input", 90.0, start_uj=500)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter, gpus=("Intel Arc B580",))
    assert joules(energy) == pytest.approx((40 + 120) * 10)


def test_an_intel_card_that_tells_only_its_package_is_read_there(machine: Machine) -> None:
    folder = machine.gpu("card0", "xe", energy2_label="pkg")
    machine.counter(folder / "energy2_input", 90.0)
    reader, _ = find_intel(machine.root)
    assert reader is not None


def test_an_i915_card_without_labels_is_read(machine: Machine) -> None:
    folder = machine.gpu("card0", "i915")
    machine.counter(folder / "energy1_input", 70.0)
    reader, _ = find_intel(machine.root)
    assert reader is not None


def test_a_gpu_that_worked_without_a_sensor_leaves_no_total(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter, gpus=("Mystery GPU",))
    assert energy.joules is None
    assert "Mystery GPU" in energy.absent["joules"]


def test_an_idle_gpu_that_cannot_be_read_is_named_and_costs_no_total(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    folder = machine.gpu("card1", "amdgpu", power1_average=12_000_000)
    meter = machine.meter()
    machine.run(1)
    (folder / "power1_average").unlink()
    energy = machine.reply(meter)
    assert joules(energy) == pytest.approx(400)
    assert any("card1" in name for name in energy.not_covered)


def test_a_working_gpu_that_fails_in_the_window_leaves_no_total(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    folder = machine.gpu("card1", "amdgpu", power1_average=150_000_000)
    meter = machine.meter()
    machine.run(1)
    write(folder / "power1_average", "not a number")
    energy = machine.reply(meter, gpus=("AMD Radeon",))
    assert energy.joules is None
    assert "could not be read" in energy.absent["joules"]
