"""The processor's counters: what is added, what never is, and what a fault does to a figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.energy.powercap import find_powercap
from engine.energy.seam import Window
from engine.energy.sysfs import read_text
from tests.energy.machines import RANGE_UJ, Counter, Machine, joules, within_range


def one_socket(machine: Machine, watts: float = 40.0) -> Counter:
    """A desktop's tree: the cores and the graphics lie inside the package, the memory beside it."""
    package = machine.zone("intel-rapl:0", "package-0", watts)
    machine.zone("intel-rapl:0:0", "core", watts * 0.8)
    machine.zone("intel-rapl:0:1", "uncore", watts * 0.1)
    machine.zone("intel-rapl:0:2", "dram", 5.0)
    machine.zone("intel-rapl:1", "psys", watts + 30.0)
    return package


def test_a_socket_counts_its_package_and_its_memory_once(machine: Machine) -> None:
    one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter)
    assert joules(energy) == pytest.approx((40 + 5) * 10)
    assert energy.kind == "measured"
    assert {part.name for part in energy.parts if part.counted} == {
        "processor package-0",
        "memory of processor 0",
    }


def test_prompt_and_generation_are_told_apart_and_add_up(machine: Machine) -> None:
    one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter, prompt_s=2, generation_s=8, tokens=101)
    assert energy.prompt_joules == pytest.approx(90)
    assert energy.generation_joules == pytest.approx(360)
    assert energy.joules_per_prompt_token == pytest.approx(90 / 50)
    assert energy.joules_per_generated_token == pytest.approx(3.6)
    assert energy.joules_per_token == pytest.approx(450 / 101)


def test_psys_checks_and_is_never_added(machine: Machine) -> None:
    one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    platform = next(p for p in machine.reply(meter).parts if p.name == "platform (psys)")
    assert not platform.counted
    assert platform.joules == pytest.approx(700)


def test_two_sockets_are_added(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 100.0, start_uj=7_000_000)
    machine.zone("intel-rapl:0:0", "dram", 10.0)
    machine.zone("intel-rapl:1", "package-1", 60.0, start_uj=9_000_000_000)
    machine.zone("intel-rapl:1:0", "dram", 8.0, start_uj=2_000_000)
    meter = machine.meter()
    machine.run(1)
    assert joules(machine.reply(meter)) == pytest.approx((100 + 10 + 60 + 8) * 10)


def test_dies_that_show_one_socket_counter_count_once(machine: Machine) -> None:
    """A Zen 1 with two dies showed 68 + 68 W for 68 W (mlco2/codecarbon#1274)."""
    machine.zone("intel-rapl:0", "package-0-die-0", 68.0, start_uj=51_234_567_890)
    machine.zone("intel-rapl:1", "package-0-die-1", 68.0, start_uj=51_234_568_951)
    meter = machine.meter()
    machine.run(1)
    assert joules(machine.reply(meter)) == pytest.approx(680)


def test_two_sockets_that_start_at_zero_are_both_kept(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 30.0, start_uj=0)
    machine.zone("intel-rapl:1", "package-1", 20.0, start_uj=0)
    meter = machine.meter()
    machine.run(1)
    assert joules(machine.reply(meter)) == pytest.approx(500)


def test_the_mmio_twin_of_a_package_is_dropped(machine: Machine) -> None:
    machine.zone("intel-rapl-mmio:0", "package-0", 25.0, start_uj=33)
    machine.zone("intel-rapl:0", "package-0", 25.0)
    meter = machine.meter()
    machine.run(1)
    assert joules(machine.reply(meter)) == pytest.approx(250)


def test_a_package_that_has_only_its_mmio_zone_is_read_there(machine: Machine) -> None:
    machine.zone("intel-rapl-mmio:0", "package-0", 25.0)
    meter = machine.meter()
    machine.run(1)
    assert joules(machine.reply(meter)) == pytest.approx(250)


def test_the_useless_core_zone_of_an_amd_processor_is_ignored(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 55.0, range_uj=65_532_610_987)
    machine.zone("intel-rapl:0:0", "core", 0.4, range_uj=65_532_610_987)
    meter = machine.meter()
    machine.run(1)
    assert joules(machine.reply(meter)) == pytest.approx(550)


@pytest.mark.parametrize("wraps", [1, 2])
def test_wraps_in_the_window_lose_nothing(machine: Machine, wraps: int) -> None:
    """Elsewhere a wrap gave negative or 260,000 W (powerjoular#45 and #87, scaphandre#280)."""
    range_uj = 65_532_610_987
    package = machine.zone(
        "intel-rapl:0", "package-0", 250.0, start_uj=range_uj - 30_000_000, range_uj=range_uj
    )
    meter = machine.meter()
    machine.run(0.2)
    seconds = 60.0 + (wraps - 1) * range_uj / 1e6 / 250
    energy = machine.reply(meter, generation_s=seconds)
    assert joules(energy) == pytest.approx(250 * (seconds + 2), rel=1e-6)
    assert package.true_joules > range_uj / 1e6 * (wraps - 1)


def test_each_zone_wraps_at_its_own_range(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0, start_uj=RANGE_UJ - 1_000_000)
    machine.zone("intel-rapl:0:0", "dram", 5.0, start_uj=65_712_999_612, range_uj=65_712_999_613)
    meter = machine.meter()
    machine.run(0.2)
    assert joules(machine.reply(meter)) == pytest.approx(450, rel=1e-6)


def test_a_gap_in_which_two_wraps_could_hide_voids_the_window(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 250.0, range_uj=65_532_610_987)
    meter = machine.meter()
    machine.run(1)
    meter.mark(None)
    begin_s = machine.now_s
    machine.pass_unseen(120)
    machine.run(1)
    energy = meter.energy(_window(begin_s, machine.now_s))
    assert energy.joules is None
    assert "wrapped unseen" in energy.absent["joules"]


def test_a_counter_that_jumps_back_voids_the_window_it_jumps_in(machine: Machine) -> None:
    package = one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    first = machine.reply(meter)
    meter.mark(None)
    begin_s = machine.now_s
    machine.run(2)
    package.jump_to(17)
    machine.run(2)
    broken = meter.energy(_window(begin_s, machine.now_s))
    machine.run(1)
    later = machine.reply(meter)
    assert broken.joules is None
    assert "reset" in broken.absent["joules"]
    assert joules(first) == pytest.approx(joules(later))


def test_a_failed_read_is_no_zero_and_voids_only_its_window(machine: Machine) -> None:
    """Elsewhere a failed read gave 0 and the next difference was huge (codecarbon/core/rapl.py)."""
    package = one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    meter.mark(None)
    begin_s = machine.now_s
    machine.run(1)
    package.unreadable = True
    machine.run(1)
    package.unreadable = False
    machine.run(1)
    broken = meter.energy(_window(begin_s, machine.now_s))
    machine.run(1)
    assert broken.joules is None
    assert "could not be read" in broken.absent["joules"]
    assert joules(machine.reply(meter)) == pytest.approx(450)


def test_a_counter_that_stops_in_the_middle_is_no_small_figure(machine: Machine) -> None:
    package = one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    meter.mark(None)
    begin_s = machine.now_s
    machine.run(4)
    package.watts = 0.0
    machine.run(4)
    energy = meter.energy(_window(begin_s, machine.now_s))
    assert energy.joules is None
    assert "stopped moving" in energy.absent["joules"]


def test_what_a_stopped_counter_catches_up_is_not_the_next_reply_s(machine: Machine) -> None:
    package = one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    package.watts = 0.0
    machine.run(3)
    package.watts = 40.0
    meter.mark(None)
    begin_s = machine.now_s
    machine.run(3)
    assert meter.energy(_window(begin_s, machine.now_s)).joules is None


def test_a_memory_counter_that_never_moves_is_named_as_not_covered(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.zone("intel-rapl:0:0", "dram", 0.0)
    meter = machine.meter()
    machine.run(2)
    energy = machine.reply(meter)
    assert joules(energy) == pytest.approx(400)
    assert "memory of processor 0 (its counter does not move)" in energy.not_covered


def test_a_sleep_in_the_window_leaves_no_figure(machine: Machine) -> None:
    one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    meter.mark(None)
    begin_s = machine.now_s
    machine.run(1)
    machine.sleep(3600)
    machine.run(1)
    energy = meter.energy(_window(begin_s, machine.now_s))
    assert energy.joules is None
    assert "slept" in energy.absent["joules"]
    machine.run(1)
    assert joules(machine.reply(meter)) == pytest.approx(450)


def test_without_rights_the_udev_rule_is_offered_with_its_warning(machine: Machine) -> None:
    one_socket(machine)

    def refuse_energy(path: Path) -> str:
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied", str(path))
        return read_text(path)

    reader, status = find_powercap(machine.root, virtual=False, read=refuse_energy)
    assert reader is None
    assert not status.usable
    assert "only root" in (status.reason or "")
    remedy = status.remedy or ""
    assert 'SUBSYSTEM=="powercap"' in remedy
    assert "PLATYPUS" in remedy
    assert "energy_uj" in remedy


def test_a_virtual_machine_without_counters_says_so(machine: Machine) -> None:
    _, status = find_powercap(machine.root, virtual=True)
    assert "virtual machine" in (status.reason or "")


def test_a_figure_lies_within_its_range_while_the_power_changes(machine: Machine) -> None:
    package = one_socket(machine)
    meter = machine.meter()
    machine.run(1)
    meter.mark(None)
    begin_s = machine.now_s
    before = package.true_joules
    for watts in (12.0, 95.0, 40.0, 150.0):
        package.watts = watts
        machine.run(0.7)
    energy = meter.energy(_window(begin_s, machine.now_s))
    assert within_range(energy, package.true_joules - before + 5.0 * 2.8)


def _window(begin_s: float, end_s: float) -> Window:
    return Window(begin_s=begin_s, end_s=end_s, busy_threads=4, generated_tokens=10)


def test_dies_are_one_counter_though_it_moves_between_two_reads(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0-die-0", 60.0)
    machine.mirror("intel-rapl:0", "intel-rapl:1", "package-0-die-1")
    machine.zone("intel-rapl:2", "package-1", 60.0, start_uj=2_000_000_000)

    def slow(path: Path) -> str:
        machine.pass_unseen(0.05)
        return read_text(path)

    reader = find_powercap(machine.root, False, slow).reader
    assert reader is not None
    assert [zone.key for zone in reader.zones] == ["intel-rapl:0", "intel-rapl:2"]
