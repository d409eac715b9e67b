"""Quality beside its costs: only what was measured, and how it was had."""

from __future__ import annotations

import csv

import msgspec
import pytest
from msgspec.structs import replace

from engine.contract import (
    Contender,
    DeviceUse,
    Energy,
    EnergyPart,
    Memory,
    ModelFile,
    Reply,
    Timing,
)
from engine.cost.assumptions import Assumptions
from engine.cost.ranges import Range
from engine.quality.standings import Standing
from engine.quality.trade_off import known_axes, trade_off_csv, trade_offs
from tests.resolved import RESOLVED

PRICES = Assumptions(
    electricity_price=Range(likely=0.36, low=0.3, high=0.4),
    grid_g_per_kwh=Range(likely=400, low=300, high=500),
    origins={"electricity_price": "given by you"},
)
RUNTIME = msgspec.structs.replace(
    RESOLVED,
    devices=(DeviceUse(name="CPU", model_bytes=90, kv_bytes=8, compute_bytes=2),),
)


def contender(name: str, size: int) -> Contender:
    file = ModelFile(path=f"/{name}.gguf", file=f"{name}.gguf", size_bytes=size)
    return Contender(name=name, model=file)


def stands(name: str, rate: float) -> Standing:
    return Standing(contender=name, cases=10, scored=10, pass_rate=rate, low=rate, high=rate)


def energy(joules: float, label: str = "measured") -> Energy:
    part = EnergyPart(
        name="package",
        covers="cpu",
        source="RAPL",
        label=label,  # type: ignore[arg-type]
        seconds=1.0,
        joules=joules,
        low_joules=joules,
        high_joules=joules,
    )
    kind = "measured" if label == "measured" else "estimated"
    return Energy(joules=joules, source="RAPL", kind=kind, parts=(part,))  # type: ignore[arg-type]


def replies(name: str, seconds: float, joules: float, **changes: object) -> list[Reply]:
    made = Reply(
        contender=name,
        case="1",
        repeat=0,
        text="x",
        finish_reason="stop",
        timing=Timing(total_s=seconds, generated_tokens=4),
        memory=Memory(peak_bytes=70, mapped_bytes=20, device_bytes=10),
        energy=energy(joules),
        runtime=RUNTIME,
    )
    return [replace(made, case=case, **changes) for case in ("1", "2")]


BIG, SMALL = contender("big", 200), contender("small", 100)
STANDINGS = (stands("big", 0.9), stands("small", 0.8))


def test_every_cost_has_its_figure_and_how_it_was_had() -> None:
    found = [*replies("big", 2.0, 100.0), *replies("small", 1.0, 50.0)]
    big, small = trade_offs(STANDINGS, (BIG, SMALL), found, PRICES)
    assert (big.seconds, big.memory_bytes, big.size_bytes, big.joules) == (2.0, 100, 200, 100.0)
    # 100 J are 100 / 3.6e6 kWh; a thousand of them at 0.36 cost a cent.
    assert big.money == pytest.approx(0.01)
    assert small.money == pytest.approx(0.005)
    assert big.how["seconds"] == "measured: one reply at a time"
    assert big.how["joules"] == "measured: RAPL"
    assert big.how["money"] == "electricity at 0.36 EUR/kWh, given by you; its energy is measured"
    assert big.front == ("seconds", "memory_bytes", "size_bytes", "joules", "money")
    assert small.front == ("seconds", "size_bytes", "joules", "money")
    assert known_axes((big, small)) == ["seconds", "memory_bytes", "size_bytes", "joules", "money"]


def test_a_batch_gives_its_throughput_and_no_latency() -> None:
    timing = Timing(batch_share_s=0.25, generated_tokens=4)
    found = [
        reply
        for name in ("big", "small")
        for reply in replies(name, 0.0, 10.0, timing=timing, memory=Memory())
    ]
    big, _ = trade_offs(STANDINGS, (BIG, SMALL), found)
    assert big.seconds == 0.25
    assert big.how["seconds"] == "measured: the time of a whole batch over its replies, no latency"
    assert big.memory_bytes == 100
    assert big.how["memory_bytes"].startswith("told by llama.cpp")
    assert (big.money, big.absent["money"]) == (None, "no prices were given")


def test_an_estimate_says_so() -> None:
    found = [
        reply
        for name in ("big", "small")
        for reply in replies(name, 1.0, 10.0, energy=energy(10.0, "estimated"))
    ]
    big, _ = trade_offs(STANDINGS, (BIG, SMALL), found, PRICES)
    assert big.how["joules"] == "estimated: RAPL"
    assert big.how["money"].endswith("its energy is estimated")


def test_what_is_not_known_is_absent_with_its_reason_and_no_axis() -> None:
    together = Timing(total_s=1.0, shared=True, generated_tokens=4)
    bare = {"timing": together, "memory": Memory(), "runtime": None, "energy": Energy()}
    found = [*replies("big", 0.0, 0.0, **bare), *replies("small", 0.0, 0.0, **bare)]
    points = trade_offs(STANDINGS, (BIG, SMALL), found, PRICES)
    assert known_axes(points) == ["size_bytes"]
    assert points[0].absent["seconds"] == "several contenders ran at once"
    assert set(points[0].absent) == {"seconds", "memory_bytes", "joules", "money"}


def test_figures_had_in_different_ways_are_not_set_against_each_other() -> None:
    found = [
        *replies("big", 1.0, 10.0),
        *replies("small", 1.0, 9.0, energy=energy(9.0, "estimated")),
    ]
    assert "joules" not in known_axes(trade_offs(STANDINGS, (BIG, SMALL), found, PRICES))


def test_a_contender_without_replies_has_its_size_only() -> None:
    points = trade_offs(STANDINGS, (BIG, SMALL), replies("big", 1.0, 1.0), PRICES)
    assert points[1].size_bytes == 100
    assert points[1].absent["money"] == "there is no finished reply"


def test_the_table_has_a_line_for_each_and_no_formulas() -> None:
    odd = contender("=cmd()", 50)
    points = trade_offs(
        (stands("big", 0.9), stands("=cmd()", 0.95)),
        (BIG, odd),
        [*replies("big", 2.0, 100.0), *replies("=cmd()", 1.0, 50.0)],
        PRICES,
    )
    rows = list(csv.DictReader(trade_off_csv(points).splitlines()))
    assert [row["contender"] for row in rows] == ["big", "'=cmd()"]
    assert [row["joules_pareto"] for row in rows] == ["false", "true"]
    assert rows[0]["money_per_1000_replies"] == str(points[0].money)
