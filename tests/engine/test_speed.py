"""The speed bench with a real worker and the small model; figures themselves are compared elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from engine.contract import Contender, Loaded, Measured, Runtime, SpeedTest
from engine.speed import Measuring, NotMeasured, SpeedBench, SpeedEvent, SpeedPlan
from models import fit
from models.describe import describe
from tests.engine.fakes import ROOT

T = TypeVar("T")
PROBE = Path(__file__).parent / "worker" / "speed_probe.py"


@pytest.fixture
def bench() -> Iterator[SpeedBench]:
    made = SpeedBench(fit=fit)
    yield made
    made.close()


def small(path: Path, name: str = "A") -> Contender:
    return Contender(name=name, model=describe(path), runtime=Runtime(threads=1, n_batch=128))


def plan_of(*contenders: Contender, tests: tuple[SpeedTest, ...]) -> SpeedPlan:
    return SpeedPlan(contenders=contenders, tests=tests, repetitions=2)


def of_kind(kind: type[T], events: list[SpeedEvent]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def test_each_test_has_a_context_of_its_size_and_the_model_is_loaded_once(
    bench: SpeedBench, small_model: Path
) -> None:
    tests = (SpeedTest(n_prompt=260), SpeedTest(n_gen=2), SpeedTest(n_gen=1, n_depth=260))
    plan = plan_of(small(small_model), tests=tests)
    events = list(bench.run(msgspec.structs.replace(plan, repetitions=1, warm_up=False)))
    measured = of_kind(Measured, events)
    assert [each.test for each in measured] == list(tests)
    # llama.cpp makes contexts in steps of 256.
    assert [each.runtime.n_ctx for each in measured] == [512, 256, 512]
    assert all(each.runtime.devices[0].model_bytes for each in measured)
    assert len(of_kind(Loaded, events)) == 1


def test_every_repetition_is_told_and_timed(bench: SpeedBench, small_model: Path) -> None:
    events = list(bench.run(plan_of(small(small_model), tests=(SpeedTest(n_prompt=4),))))
    (measured,) = of_kind(Measured, events)
    assert len(measured.samples_ns) == 2
    assert [each.done for each in of_kind(Measuring, events)] == [0, 1, 2]


def test_tokens_of_the_depth_lie_in_the_cache_and_are_put_back(small_model: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(PROBE), str(small_model)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(ran.stdout) == [[0, 44]] * 2


def test_a_contender_that_cannot_be_loaded_says_why_and_the_next_is_measured(
    bench: SpeedBench, small_model: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(small_model.read_bytes()[:-1000])
    whole = small(small_model, "broken")
    model = msgspec.structs.replace(whole.model, path=str(broken), file=broken.name)
    bad = msgspec.structs.replace(whole, model=model)
    events = list(bench.run(plan_of(bad, small(small_model), tests=(SpeedTest(n_gen=1),))))
    (refused,) = of_kind(NotMeasured, events)
    assert (refused.contender, refused.test) == ("broken", None)
    assert "Download it again" in refused.reason
    assert [each.contender for each in of_kind(Measured, events)] == ["A"]


def test_what_is_known_is_not_measured_again_nor_its_model_loaded(
    bench: SpeedBench, small_model: Path
) -> None:
    tests = (SpeedTest(n_gen=1), SpeedTest(n_gen=2))
    plan = plan_of(small(small_model), small(small_model, "B"), tests=tests)
    known = frozenset({("A", "tg1"), ("A", "tg2"), ("B", "tg1")})
    events = list(bench.run(msgspec.structs.replace(plan, known=known, repetitions=1)))
    (measured,) = of_kind(Measured, events)
    assert (measured.contender, measured.test) == ("B", tests[1])
    assert len(of_kind(Loaded, events)) == 1


def test_stop_ends_the_run_with_what_was_measured(bench: SpeedBench, small_model: Path) -> None:
    tests = (SpeedTest(n_gen=1), SpeedTest(n_gen=8000))
    events = []
    for event in bench.run(plan_of(small(small_model), tests=tests)):
        events.append(event)
        if isinstance(event, Measuring) and event.test == tests[1]:
            bench.stop()
    assert [each.test for each in of_kind(Measured, events)] == [tests[0]]


def test_names_are_llama_benchs() -> None:
    names = [
        SpeedTest(n_prompt=512, n_depth=4096).name,
        SpeedTest(n_prompt=16, n_gen=8).name,
        SpeedTest(n_gen=128).name,
    ]
    assert names == ["pp512 @ d4096", "pp16+tg8", "tg128"]
