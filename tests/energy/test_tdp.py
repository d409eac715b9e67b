"""The estimate where nothing measures: a range of a factor of two, in two digits, by busy cores."""

from __future__ import annotations

import csv
from math import isclose
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.contract import EstimateBasis
from engine.energy.processor import Processor, this_processor
from engine.energy.tdp import DesignPower, design_power, estimated_joules, two_digits
from tests.energy.machines import Machine, joules

PROCESSORS = Path(__file__).parent.parent / "data" / "energy" / "processors.csv"


def known_processors() -> list[tuple[str, int, float]]:
    lines = [
        line
        for line in PROCESSORS.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    return [
        (row["name"], int(row["cores"]), float(row["tdp_watts"]))
        for row in csv.DictReader(lines, delimiter=";")
    ]


@pytest.mark.parametrize(("name", "cores", "tdp_watts"), known_processors())
def test_the_published_design_power_lies_within_the_range(
    name: str, cores: int, tdp_watts: float
) -> None:
    power = design_power(Processor(name=name, physical_cores=cores, virtual=False))
    assert isinstance(power, DesignPower)
    assert power.watts / 2 <= tdp_watts <= power.watts * 2


def test_half_the_cores_take_what_the_formula_says() -> None:
    """By hand: 65 W, 4 of 8 cores for 10 s: (0.2 + 0.8 · 0.5) · 65 · 10 = 390 J."""
    basis = EstimateBasis(seconds=10, core_seconds=40, physical_cores=8, tdp_watts=65)
    assert estimated_joules(basis) == pytest.approx(390)


def test_a_document_that_tells_of_no_cores_is_reckoned_with_one() -> None:
    basis = EstimateBasis(seconds=10.0, core_seconds=5.0, physical_cores=0, tdp_watts=100.0)
    assert estimated_joules(basis) == estimated_joules(replace(basis, physical_cores=1))


def test_a_reply_is_estimated_as_a_range_in_two_digits(machine: Machine) -> None:
    meter = machine.meter(tdp_watts=64.3)
    cores = this_processor(machine.root).physical_cores or 1
    energy = machine.reply(meter, prompt_s=3, generation_s=7, threads=cores)
    assert energy.kind == "estimated"
    assert energy.joules == pytest.approx(640)
    assert energy.low_joules == pytest.approx(320)
    assert energy.high_joules == pytest.approx(1300)
    assert energy.plus_minus_percent == 100
    assert "TDP estimate" in (energy.source or "")
    assert "64 W, as entered" in (energy.source or "")


def test_no_figure_of_an_estimate_has_more_than_two_digits(machine: Machine) -> None:
    meter = machine.meter(tdp_watts=61.7)
    energy = machine.reply(meter, prompt_s=1.37, generation_s=7.77, threads=1, tokens=83)
    figures = {
        name: getattr(energy, name)
        for name in energy.__struct_fields__
        if name != "seconds" and isinstance(getattr(energy, name), float)
    }
    for part in energy.parts:
        figures |= {
            f"part {name}": getattr(part, name)
            for name in part.__struct_fields__
            if name.endswith("joules")
        }
    assert len(figures) > 10
    assert {name: value for name, value in figures.items() if two_digits(value) != value} == {}


def test_the_estimate_grows_with_busy_cores_up_to_the_physical_ones(machine: Machine) -> None:
    meter = machine.meter(tdp_watts=60)
    cores = this_processor(machine.root).physical_cores or 1
    figures = [joules(machine.reply(meter, threads=threads)) for threads in (0, cores, 8 * cores)]
    assert figures[0] == pytest.approx(two_digits(0.2 * 60 * 10))
    assert figures[1] == pytest.approx(600)
    assert figures[2] == figures[1]


def test_prompt_threads_count_until_the_first_token() -> None:
    basis = EstimateBasis(seconds=10, core_seconds=2 * 8 + 8 * 4, physical_cores=8, tdp_watts=80)
    assert estimated_joules(basis) == pytest.approx(0.2 * 80 * 10 + 0.8 * 80 * 48 / 8)


@given(
    seconds=st.floats(0.01, 1e4),
    share=st.floats(0, 1),
    split=st.floats(0, 1),
    cores=st.integers(1, 256),
    watts=st.floats(1, 1000),
)
def test_the_estimate_of_two_halves_is_the_estimate_of_the_whole(
    seconds: float, share: float, split: float, cores: int, watts: float
) -> None:
    def basis(part: float) -> EstimateBasis:
        return EstimateBasis(
            seconds=seconds * part,
            core_seconds=seconds * part * share * cores,
            physical_cores=cores,
            tdp_watts=watts,
        )

    halves = estimated_joules(basis(split)) + estimated_joules(basis(1 - split))
    assert isclose(halves, estimated_joules(basis(1)), rel_tol=1e-9)


def test_a_virtual_machine_is_its_cores_share_of_a_server(machine: Machine) -> None:
    machine.processor("AMD EPYC", virtual=True)
    processor = this_processor(machine.root)
    assert processor.virtual
    power = design_power(processor)
    assert isinstance(power, DesignPower)
    assert power.watts == pytest.approx(5.0 * (processor.physical_cores or 0))
    assert "virtual machine" in power.basis


def test_a_few_virtual_cores_of_a_desktop_processor_are_not_all_of_it() -> None:
    power = design_power(
        Processor(name="Intel(R) Core(TM) i9-14900K", physical_cores=2, virtual=True)
    )
    assert isinstance(power, DesignPower)
    assert power.watts == 30.0


def test_the_limit_set_by_the_firmware_beats_the_name() -> None:
    processor = Processor(name="AMD Ryzen 7 7840U", physical_cores=8, virtual=False)
    power = design_power(processor, limit_watts=30.0)
    assert isinstance(power, DesignPower)
    assert power.watts == 30.0


def test_an_unlimited_limit_is_not_believed() -> None:
    processor = Processor(name="Intel(R) Core(TM) i7-10700 CPU", physical_cores=8, virtual=False)
    power = design_power(processor, limit_watts=4095.0)
    assert isinstance(power, DesignPower)
    assert power.watts == 65.0


def test_an_unknown_processor_gets_no_figure_but_a_way_out(machine: Machine) -> None:
    machine.processor("VIA C7 Esther")
    energy = machine.reply(machine.meter())
    assert energy.joules is None
    assert "VIA C7 Esther" in energy.absent["joules"]
    assert "settings" in energy.absent["joules"]


def test_a_machine_that_slept_gets_no_estimate(machine: Machine) -> None:
    meter = machine.meter(tdp_watts=60)
    original = machine.run

    def run(seconds: float, *, every_s: float = 0.5) -> None:
        original(seconds / 2, every_s=every_s)
        machine.sleep(900)
        original(seconds / 2, every_s=every_s)

    machine.run = run  # type: ignore[method-assign] # the sleep falls into the reply
    energy = machine.reply(meter)
    assert energy.joules is None
    assert "slept" in energy.absent["joules"]


def test_a_gpu_without_a_sensor_is_not_hidden_behind_the_estimate(machine: Machine) -> None:
    energy = machine.reply(machine.meter(tdp_watts=60), gpus=("NVIDIA Test",))
    assert energy.joules is None
    assert "NVIDIA Test" in energy.absent["joules"]


@pytest.mark.parametrize(
    ("figure", "rounded"), [(0, 0), (1234.5, 1200), (0.012345, 0.012), (9.96, 10), (99.6, 100)]
)
def test_two_digits_are_two_significant_digits(figure: float, rounded: float) -> None:
    assert two_digits(figure) == rounded
