"""Short replies share a figure; long ones keep theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract import Energy, EnergyPart, Reply, Timing
from engine.energy.pooling import pooled
from engine.energy.tdp import two_digits
from tests.energy.machines import Machine


def reply(energy: Energy, tokens: int = 20) -> Reply:
    return Reply(
        contender="A",
        case="1",
        repeat=0,
        text="x",
        finish_reason="stop",
        timing=Timing(generated_tokens=tokens),
        energy=energy,
    )


def sampled_machine(root: Path) -> Machine:
    """A machine whose GPU is sampled, so that a figure takes four seconds."""
    machine = Machine(root)
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.gpu("card1", "amdgpu", power1_average=160_000_000)
    return machine


def short_replies(machine: Machine, count: int) -> list[Reply]:
    meter = machine.meter()
    machine.run(1)
    return [
        reply(machine.reply(meter, prompt_s=0.25, generation_s=0.75, gpus=("AMD",), tokens=20))
        for _ in range(count)
    ]


def test_twelve_short_replies_give_one_figure(tmp_path: Path) -> None:
    replies = short_replies(sampled_machine(tmp_path), 12)
    assert all(each.energy.joules is None for each in replies)
    energy = pooled(replies)
    assert energy.pooled_replies == 12
    assert energy.joules == pytest.approx(200, rel=0.01)
    assert energy.joules_per_token == pytest.approx(10, rel=0.01)
    assert energy.kind == "measured"


def test_three_of_them_are_still_too_short(tmp_path: Path) -> None:
    energy = pooled(short_replies(sampled_machine(tmp_path), 3))
    assert energy.joules is None
    assert "all 3 replies together" in energy.absent["joules"]


def test_more_replies_narrow_the_range_but_never_below_the_sensor_s(tmp_path: Path) -> None:
    replies = short_replies(sampled_machine(tmp_path), 60)
    few, many = pooled(replies[:6]).plus_minus_percent, pooled(replies).plus_minus_percent
    assert few is not None
    assert many is not None
    assert 14 <= many < few


def test_estimates_are_pooled_before_they_are_rounded(machine: Machine) -> None:
    """1.06 J each, shown as 1.1: a hundred of them are 106 J, not 110."""
    meter = machine.meter(tdp_watts=10.6)
    energy = machine.reply(meter, prompt_s=0.25, generation_s=0.25, threads=0)
    assert energy.joules == pytest.approx(1.1)
    figure = pooled([reply(energy, tokens=1)] * 100)
    assert figure.joules == pytest.approx(two_digits(1.06))
    assert figure.mean_watts == pytest.approx(2.1)


def test_replies_that_took_no_time_have_no_mean_watts() -> None:
    """As a document from elsewhere may tell of them."""
    part = EnergyPart(
        name="socket", covers="cpu", source="powercap", label="measured", seconds=0.0, joules=5.0
    )
    energy = pooled([reply(Energy(joules=5.0, seconds=0.0, parts=(part,)))])
    assert energy.joules == 5.0
    assert energy.mean_watts is None
    assert energy.absent["mean_watts"] == "The replies took no time."


def test_a_reply_whose_sensor_failed_does_not_count(tmp_path: Path) -> None:
    replies = short_replies(sampled_machine(tmp_path), 12)
    failed = reply(
        Energy(parts=replies[0].energy.parts, absent={"joules": "The sensor jumped."}), tokens=999
    )
    assert pooled([*replies, failed]).pooled_replies == 12


def test_replies_of_different_sensors_are_not_mixed(tmp_path: Path, machine: Machine) -> None:
    estimated = reply(machine.reply(machine.meter(tdp_watts=50)))
    measured = short_replies(sampled_machine(tmp_path / "other"), 8)
    assert "different sensors" in pooled([*measured, estimated]).absent["joules"]


def test_nothing_measured_gives_a_reason() -> None:
    assert pooled([reply(Energy(absent={"joules": "off"}))]).absent["joules"]
