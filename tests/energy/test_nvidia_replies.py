"""Replies on NVIDIA GPUs: two sensors that disagree, a driver that was loaded anew, other programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine.energy.sources import NVIDIA
from tests.energy.machines import WORKER_PID, Counter, Machine, joules, within_range
from tests.energy.test_nvml import Card, FakeNvml

GPU = "NVIDIA Test 4090"


class Advancing(Counter):
    """Lets a card's counter run with the machine, at watts of its own."""

    def __init__(self, card: Card, watts: float, path: Path) -> None:
        self.card = card
        super().__init__(path, watts, 0, None)

    def advance(self, seconds: float) -> None:
        self.card.millijoules += round(self.watts * seconds * 1000)


@pytest.fixture
def card(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Card:
    """A card in a machine whose processor draws 40 W."""
    made = Card(watts=200.0)
    machine.zone("intel-rapl:0", "package-0", 40.0)
    (machine.root / NVIDIA).mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(made))
    return made


def running(machine: Machine, card: Card, watts: float) -> Advancing:
    made = Advancing(card, watts, machine.root / "card")
    machine.counters.append(made)
    return made


def test_the_counter_of_the_card_is_added_to_the_processor(machine: Machine, card: Card) -> None:
    running(machine, card, 200.0)
    energy = machine.reply(machine.meter(), gpus=(GPU,))
    assert joules(energy) == pytest.approx(2400, rel=0.01)
    assert energy.notes == ()


def test_two_sensors_that_disagree_give_a_range_over_both(machine: Machine, card: Card) -> None:
    """187 J by the counter and 327 J by the power, over the same five seconds at rest (ZE#181)."""
    card.watts = 65.4
    running(machine, card, 37.4)
    energy = machine.reply(machine.meter(), prompt_s=1, generation_s=4, gpus=(GPU,))
    gpu = next(part for part in energy.parts if part.counted and part.covers == "gpu")
    assert gpu.disputed
    assert gpu.joules == pytest.approx(187, rel=0.01)
    assert gpu.high_joules == pytest.approx(327, rel=0.01)
    assert energy.notes == (
        "Two sensors of the GPU 0 (NVIDIA Test 4090) disagree; the range spans both.",
    )
    assert within_range(energy, 200 + 327)


def test_sensors_that_nearly_agree_leave_the_range_alone(machine: Machine, card: Card) -> None:
    card.watts = 210.0
    running(machine, card, 200.0)
    energy = machine.reply(machine.meter(), gpus=(GPU,))
    assert not any(part.disputed for part in energy.parts)


def test_a_driver_that_was_loaded_anew_leaves_no_figure(machine: Machine, card: Card) -> None:
    running(machine, card, 200.0)
    meter = machine.meter()
    machine.run(2)
    card.millijoules = 0
    energy = machine.reply(meter, gpus=(GPU,))
    assert energy.joules is None
    assert "jumped, as a counter does that was reset" in energy.absent["joules"]


def test_a_card_that_refuses_in_the_middle_is_no_zero(machine: Machine, card: Card) -> None:
    running(machine, card, 200.0)
    meter = machine.meter()
    machine.run(2)
    card.counter = card.usage = False
    card.fields = set()
    energy = machine.reply(meter, gpus=(GPU,))
    assert energy.joules is None
    assert "could not be read during the window" in energy.absent["joules"]


def test_programs_of_others_on_the_card_contaminate_the_reply(machine: Machine, card: Card) -> None:
    running(machine, card, 200.0)
    card.pids = [os.getpid(), WORKER_PID]
    meter = machine.meter()
    assert not machine.reply(meter, gpus=(GPU,)).contaminated
    card.pids.append(99_999)
    energy = machine.reply(meter, gpus=(GPU,))
    assert energy.contaminated
    assert energy.notes == (
        "Other programs computed on GPU 0 (NVIDIA Test 4090) at the same time.",
    )


def test_a_card_that_holds_itself_back_is_throttled(machine: Machine, card: Card) -> None:
    running(machine, card, 200.0)
    card.reasons = 0x20
    conditions = machine.reply(machine.meter(), gpus=(GPU,)).conditions
    assert conditions is not None
    assert conditions.throttled
