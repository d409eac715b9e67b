"""The list of sources: one source for each part, and what to do about the others."""

from __future__ import annotations

import pytest

from engine.contract import Energy
from engine.energy.sources import find_sensors, sources
from engine.energy.wording import energy_text
from engine.energy.zones import SourceStatus
from engine.wording import digits_text
from tests.energy.machines import Machine, living


def by_name(machine: Machine) -> dict[str, SourceStatus]:
    return {each.source: each for each in sources(machine.root)}


def test_the_estimate_is_used_only_where_no_sensor_has_the_processor(machine: Machine) -> None:
    assert by_name(machine)["TDP estimate"].used
    machine.zone("intel-rapl:0", "package-0", 10.0)
    listed = by_name(machine)
    assert listed["powercap"].used
    assert not listed["TDP estimate"].used


def test_memory_is_counted_once_where_its_counter_is(machine: Machine) -> None:
    """Elsewhere it was in the processor's figure and again as an estimate (codecarbon#1268)."""
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.zone("intel-rapl:0:0", "dram", 5.0)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter)
    assert [part.covers for part in energy.parts] == ["cpu", "memory"]


def test_memory_without_a_counter_is_named_not_guessed(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    meter = machine.meter()
    machine.run(1)
    energy = machine.reply(meter)
    assert energy.not_covered == ("memory",)


def test_each_line_is_usable_or_says_why_not(machine: Machine) -> None:
    lines = sources(machine.root)
    assert len(lines) >= 5
    for line in lines:
        assert line.usable or line.reason
        if line.usable:
            assert line.range
            assert line.covers


def test_the_list_shows_the_step_that_was_measured(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 100.0)
    assert find_sensors(machine.root).statuses[0].step_s == 0.001
    with living(machine, every_s=0.03):
        (line,) = [each for each in sources(machine.root) if each.source == "powercap"]
    assert line.step_s is not None
    assert 0.01 < line.step_s < 0.3


def test_this_machine_can_be_listed() -> None:
    lines = sources()
    assert any(line.source == "TDP estimate" for line in lines)


def test_looking_and_letting_go_leaves_readers_closed(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    sensors = find_sensors(machine.root)
    sensors.close()
    assert sensors.readers


@pytest.mark.parametrize(
    ("figure", "digits", "text"),
    [
        (0, 2, "0"),
        (10.0, 2, "10"),
        (9.96, 2, "10"),
        (0.096, 2, "0.096"),
        (0.0996, 2, "0.10"),
        (1234.0, 2, "1,200"),
        (123.46, 3, "123"),
        (99.96, 3, "100"),
    ],
)
def test_a_figure_shows_just_its_digits(figure: float, digits: int, text: str) -> None:
    assert digits_text(figure, digits) == text


def test_an_estimate_says_that_it_is_one_and_its_range() -> None:
    energy = Energy(joules=10.0, low_joules=5.0, high_joules=20.0, kind="estimated")
    assert energy_text(energy) == "about 10 J, estimated (5.0 to 20 J)"


def test_a_measured_figure_names_its_sensor() -> None:
    energy = Energy(
        joules=123.4, plus_minus_percent=11.0, kind="measured", source="powercap", pooled_replies=12
    )
    assert energy_text(energy) == "123 J ± 11 % (powercap; too short alone, pooled over 12 replies)"


def test_what_is_absent_is_a_sentence() -> None:
    assert energy_text(Energy(absent={"joules": "Too short."})) == "Too short."


def test_a_margin_that_is_not_known_does_not_read_as_none() -> None:
    text = energy_text(Energy(joules=26.0, kind="measured", source="powercap"))
    assert text == "26.0 J (powercap)"
