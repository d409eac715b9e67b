"""Apple Silicon's counters, on a monitor that answers as zeus-apple-silicon's does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.contract import EnergyConditions
from engine.energy.apple import find_apple
from engine.energy.attribution import attribute
from engine.energy.composition import Evidence
from engine.energy.figures import ZoneFigures
from engine.energy.sampler import Clocks, Sampler
from engine.energy.seam import Window
from engine.energy.tdp import DesignPower


class FakeMonitor:
    """Cumulative millijoules by part; a part that is None is not told by this chip."""

    def __init__(self, **watts: float | None) -> None:
        self.watts = watts
        self.now_s = 0.0
        self.broken = False

    def get_cumulative_energy(self) -> SimpleNamespace:
        if self.broken:
            raise RuntimeError("IOReport subscription failed")
        return SimpleNamespace(
            **{
                f"{name}_mj": None if watts is None else int(watts * self.now_s * 1e3)
                for name, watts in self.watts.items()
            }
        )


def figures_after(monitor: FakeMonitor, seconds: float) -> tuple[ZoneFigures, ...]:
    reader, _ = find_apple(monitor)
    assert reader is not None
    sampler = Sampler([reader], Clocks(lambda: monitor.now_s, lambda: 0.0))
    sampler.sample()
    begin_s = monitor.now_s
    for _ in range(int(seconds / 0.2)):
        monitor.now_s += 0.2
        sampler.sample()
    end_s = monitor.now_s
    return sampler.ask(
        lambda traces: tuple(
            ZoneFigures(
                zone=trace.zone,
                step_s=trace.step_s,
                dead=trace.dead,
                whole=trace.joules(begin_s, end_s),
                prompt=trace.joules(begin_s, begin_s + 1),
                generation=trace.joules(begin_s + 1, end_s),
            )
            for trace in traces.values()
        )
    )


def evidence(figures: tuple[ZoneFigures, ...]) -> Evidence:
    return Evidence(
        figures=figures,
        estimate=DesignPower(watts=20.0, physical_cores=8, basis="20 W"),
        share="not asked",
        conditions=EnergyConditions(),
    )


def window(seconds: float, gpus: tuple[str, ...] = ("Apple M3",)) -> Window:
    return Window(
        begin_s=0, first_token_s=1, end_s=seconds, busy_threads=4, generated_tokens=9, gpus=gpus
    )


def test_processor_gpu_and_memory_are_added() -> None:
    monitor = FakeMonitor(cpu_total=8.0, gpu=15.0, gpu_sram=1.0, dram=2.0, ane=0.0)
    energy = attribute(window(4), evidence(figures_after(monitor, 4)))
    assert energy.joules == pytest.approx((8 + 15 + 1 + 2) * 4, rel=0.01)
    assert energy.kind == "measured"


def test_a_processor_counter_frozen_at_zero_is_not_available() -> None:
    """macOS 27 shows 0 for a processor that works (vladkens/macmon#76): the estimate stands in."""
    monitor = FakeMonitor(cpu_total=0.0, gpu=15.0, gpu_sram=0.0, dram=2.0)
    energy = attribute(window(4), evidence(figures_after(monitor, 4)))
    assert energy.kind == "estimated"
    assert "processor cores (its counter does not move)" in energy.not_covered
    estimated = next(part for part in energy.parts if part.label == "estimated")
    assert estimated.joules


def test_windows_under_two_seconds_get_no_figure() -> None:
    monitor = FakeMonitor(cpu_total=8.0, gpu=15.0, gpu_sram=1.0, dram=2.0)
    energy = attribute(window(1.8), evidence(figures_after(monitor, 1.8)))
    assert energy.joules is None
    assert energy.absent["joules"].startswith("Too short")


def test_a_channel_that_the_chip_lacks_is_no_zero() -> None:
    monitor = FakeMonitor(cpu_total=8.0, gpu=15.0, gpu_sram=None, dram=None)
    energy = attribute(window(4), evidence(figures_after(monitor, 4)))
    assert energy.joules == pytest.approx((8 + 15) * 4, rel=0.01)
    assert "memory" in energy.not_covered


def test_a_monitor_that_cannot_be_opened_says_why() -> None:
    monitor = FakeMonitor(cpu_total=1.0)
    monitor.broken = True
    reader, status = find_apple(monitor)
    assert reader is None
    assert "IOReport subscription failed" in (status.reason or "")


def test_elsewhere_than_on_a_mac_nothing_is_imported(tmp_path: Path) -> None:
    reader, status = find_apple()
    if reader is None:
        assert not status.usable
