"""A plan run for throughput on the real small model."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench import Bench
from engine.contract import (
    Contender,
    Event,
    Failed,
    Finished,
    ModelFile,
    Notice,
    Plan,
    Replied,
    Runtime,
    Sampling,
)
from engine.energy.meter import machine_meter
from engine.energy.seam import EnergyMeter
from engine.energy.typical import typical_energy
from tests.energy.machines import Machine, living
from tests.engine.fakes import MemoryRecorder, SmallFit, case, contender

CASES = tuple(case(str(n), f"What is {n} plus {n}?") for n in range(5))
ONE = Runtime(n_ctx=1024, threads=1)


def model(path: Path, name: str) -> Contender:
    file = ModelFile(path=str(path), file=path.name, size_bytes=1)
    return Contender(name=name, model=file, runtime=ONE)


def run(
    *contenders: Contender,
    batched: bool,
    recorder: MemoryRecorder | None = None,
    meter: EnergyMeter | None = None,
) -> list[Event]:
    plan = Plan(
        contenders=contenders,
        cases=CASES,
        sampling=Sampling(max_tokens=16),
        batched=batched,
    )
    bench = Bench(fit=SmallFit(), recorder=recorder, meter=meter)
    events = list(bench.run(plan))
    bench.close()
    return events


def replies(events: list[Event]) -> dict[tuple[str, str], str]:
    return {
        (event.reply.contender, event.reply.case): event.reply.text
        for event in events
        if isinstance(event, Replied)
    }


def test_a_batched_run_gives_the_same_replies_without_latencies(small_model: Path) -> None:
    recorder = MemoryRecorder()
    without_flash = Contender(
        name="alone",
        model=model(small_model, "alone").model,
        runtime=Runtime(n_ctx=1024, threads=1, flash_attention="off"),
    )
    together = run(model(small_model, "batched"), batched=True, recorder=recorder)
    alone = run(without_flash, batched=False)
    assert [text for _, text in sorted(replies(together).items())] == [
        text for _, text in sorted(replies(alone).items())
    ]
    assert len(recorder.replies) == len(CASES)
    for reply in recorder.replies:
        assert reply.timing.ttft_s is None
        assert "throughput" in reply.timing.absent["ttft_s"]
        assert reply.timing.generated_tokens
        assert reply.timing.batch_share_s
        assert reply.energy.absent["joules"] == "This run was asked not to measure energy."
    assert any(isinstance(e, Notice) and "5 cases" in e.text for e in together)
    assert isinstance(together[-1], Finished)


def test_the_shares_of_a_batch_add_up_to_its_time_and_its_energy(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.run._REST_LIMIT_S", 0.0)
    machine = Machine(tmp_path)
    machine.zone("intel-rapl:0", "package-0", 100.0)
    recorder = MemoryRecorder()
    with living(machine):
        run(
            model(small_model, "batched"),
            batched=True,
            recorder=recorder,
            meter=machine_meter(tmp_path),
        )
    seconds = [reply.timing.batch_share_s or 0.0 for reply in recorder.replies]
    assert all(reply.energy.joules is None for reply in recorder.replies)
    energy = typical_energy(recorder.replies)
    assert energy is not None
    assert energy.pooled_replies == len(CASES)
    assert energy.joules * len(CASES) == pytest.approx(100.0 * sum(seconds), rel=0.2)


def test_a_contender_that_cannot_be_loaded_fails_its_cases_and_the_next_goes_on(
    small_model: Path,
) -> None:
    events = run(contender("gone", name="gone"), model(small_model, "there"), batched=True)
    failed = [event.reply for event in events if isinstance(event, Failed)]
    assert [reply.contender for reply in failed] == ["gone"] * len(CASES)
    assert all(reply.error and "gone.gguf" in reply.error for reply in failed)
    assert len(replies(events)) == len(CASES)


def test_a_batched_run_can_be_stopped_and_keeps_what_there_is(small_model: Path) -> None:
    recorder = MemoryRecorder()
    bench = Bench(fit=SmallFit(), recorder=recorder)
    plan = Plan(
        contenders=(model(small_model, "A"), model(small_model, "B")),
        cases=tuple(case(str(n), f"Count to {n}.") for n in range(40)),
        sampling=Sampling(max_tokens=40),
        batched=True,
    )
    last: Event | None = None
    for event in bench.run(plan):
        if isinstance(event, Replied):
            bench.stop()
        last = event
    bench.close()
    assert isinstance(last, Finished)
    assert last.status == "stopped"
    assert 1 <= len(recorder.replies) < 80
    assert {reply.contender for reply in recorder.replies} == {"A"}
