"""What stands under a reply that is too short for its sensor, and one figure for many replies."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from engine.contract import Energy
from engine.energy.pooling import IN_A_BATCH
from engine.energy.typical import all_with_pooled_energy, typical_energy, with_pooled_energy
from engine.energy.wording import energy_line, energy_rows, energy_text
from tests.energy.machines import Machine
from tests.energy.test_pooling import reply, sampled_machine, short_replies

KINDS: tuple[tuple[float, Literal["measured", "estimated"]], ...] = (
    (10.0, "measured"),
    (30.0, "measured"),
    (20.0, "estimated"),
)


def test_a_short_reply_shows_the_figure_of_its_pool_and_says_so(tmp_path: Path) -> None:
    replies = short_replies(sampled_machine(tmp_path), 12)
    energy = with_pooled_energy(replies[0], replies).energy
    assert energy.joules == pytest.approx(200, rel=0.01)
    assert energy.pooled_replies == 12
    assert "joules" not in energy.absent
    words = "(powercap + amdgpu; too short alone, pooled over 12 replies)"
    assert energy_text(energy).endswith(words)


def test_another_contender_s_replies_are_not_in_the_pool(tmp_path: Path) -> None:
    replies = short_replies(sampled_machine(tmp_path), 12)
    half = [replace(each, contender="B") if i % 2 else each for i, each in enumerate(replies)]
    assert with_pooled_energy(half[0], half).energy.pooled_replies == 6


def test_too_few_short_replies_say_how_many_and_how_long(tmp_path: Path) -> None:
    replies = short_replies(sampled_machine(tmp_path), 3)
    shown = all_with_pooled_energy(replies)
    assert all(each.energy.joules is None for each in shown)
    assert "all 3 replies together" in energy_text(shown[0].energy)


def test_a_long_reply_keeps_its_own_figure_beside_short_ones(tmp_path: Path) -> None:
    machine = sampled_machine(tmp_path)
    short = short_replies(machine, 8)
    long = reply(machine.reply(machine.meter(), gpus=("AMD",), tokens=20))
    shown = all_with_pooled_energy([*short, long])
    assert shown[-1] == long
    assert shown[0].energy.pooled_replies == 8
    assert replace(shown[0], energy=short[0].energy) == short[0]


def test_one_figure_for_many_is_the_median_of_what_is_shown() -> None:
    energies = [
        Energy(joules=j, low_joules=j / 2, high_joules=2 * j, joules_per_token=j / 10, kind=kind)
        for j, kind in KINDS
    ]
    typical = typical_energy([reply(each) for each in energies])
    assert typical is not None
    assert (typical.joules, typical.low_joules, typical.high_joules) == (20.0, 10.0, 40.0)
    assert typical.joules_per_token == 2.0
    assert typical.kind == "estimated"
    assert typical.n == 3


def test_replies_that_failed_or_have_no_figure_do_not_count() -> None:
    failed = replace(reply(Energy(joules=9.0, kind="measured")), finish_reason="error")
    assert typical_energy([failed, reply(Energy())]) is None


def test_the_line_below_a_reply_tells_both_stretches_power_and_what_lacks(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    energy = machine.reply(machine.meter())
    assert energy_text(energy) == "400 J ± 10 % (powercap)"
    assert energy_line(energy) == (
        "prompt 80.0 J (1.60 J a token), reply 320 J (3.20 J a token), 40.0 W, memory not covered"
    )


def test_the_rows_name_conditions_and_why_a_figure_lacks(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    rows = dict(energy_rows(machine.reply(machine.meter())))
    assert rows["Energy covers"].startswith("components only: processor package-0")
    assert rows["Energy at the plug"] == "not known: No plug meter has calibrated this machine."
    assert rows["Energy above idle"].startswith("not known: No idle baseline was measured")
    assert rows["Conditions"] == "on mains"


def test_a_contaminated_reply_says_so_beside_its_figure(machine: Machine) -> None:
    machine.zone("intel-rapl:0", "package-0", 40.0)
    machine.other_cores = 3.0
    energy = machine.reply(machine.meter())
    assert energy_text(energy).endswith(", disturbed by other programs")
    assert dict(energy_rows(energy))["Other programs"].endswith("disturbed")


def test_a_reply_of_a_batch_says_so_and_is_contaminated_with_it(tmp_path: Path) -> None:
    replies = [
        replace(each, energy=replace(each.energy, notes=(IN_A_BATCH,), contaminated=n == 3))
        for n, each in enumerate(short_replies(sampled_machine(tmp_path), 12))
    ]
    text = energy_text(with_pooled_energy(replies[0], replies).energy)
    assert "mean of a batch of 12 replies" in text
    assert text.endswith("disturbed by other programs")
