"""Plans that ask the impossible are refused wherever a run begins, before any worker starts."""

from __future__ import annotations

import math
from typing import Any

import pytest

from engine.bench import Bench
from engine.client import WorkerClient
from engine.contract import Contender, Plan, Runtime, Sampling, SpeedTest
from engine.divergence import DivergenceBench
from engine.errors import PlanError
from engine.fidelity import FidelityBench, FidelityPlan, RepliesPlan
from engine.limits import MOST_THREADS, check_plan_limits
from engine.speed import SpeedBench, SpeedPlan
from tests.engine.fakes import SmallFit, case, contender

ORDINARY = Runtime()
ABSURD = Runtime(threads=999_999_999_999)


def never(what: str) -> WorkerClient:
    raise AssertionError(f"{what} was started")


def absurd() -> Contender:
    made = contender("answer")
    return Contender(name="Big", model=made.model, runtime=ABSURD)


def plan(runtime: Runtime = ORDINARY, **changes: Any) -> Plan:
    made = Contender(name="Big", model=contender("answer").model, runtime=runtime)
    return Plan(contenders=(made,), cases=(case(),), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"threads": 0},
        {"threads": -3},
        {"threads": MOST_THREADS + 1},
        {"threads_batch": 10**12},
        {"n_batch": -5},
        {"n_ubatch": 0},
        {"n_ctx": 2**31},
        {"n_gpu_layers": -1},
    ],
)
def test_a_runtime_out_of_bounds_names_contender_and_field(changes: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match=f"^Big: {next(iter(changes))} must be from"):
        check_plan_limits(plan(Runtime(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": -5},
        {"max_tokens": 0},
        {"temperature": -0.1},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"top_p": 1.5},
        {"seed": 2**32},
        {"top_logprobs": -1},
    ],
)
def test_sampling_out_of_bounds_is_refused_of_a_plan_and_of_a_contender(
    changes: dict[str, Any],
) -> None:
    sampling = Sampling(**changes)
    with pytest.raises(PlanError, match=f"^{next(iter(changes))} must be from"):
        check_plan_limits(plan(sampling=sampling))
    own = Contender(name="Big", model=contender("answer").model, sampling=sampling)
    with pytest.raises(PlanError, match=f"^Big: {next(iter(changes))}"):
        check_plan_limits(Plan(contenders=(own,), cases=(case(),)))


def test_what_is_in_bounds_passes() -> None:
    extremes = Runtime(threads=MOST_THREADS, threads_batch=1, n_gpu_layers="all", n_ctx=2**31 - 1)
    check_plan_limits(plan(extremes, sampling=Sampling(penalty_last_n=-1, seed=2**32 - 1)))


@pytest.mark.parametrize("repeats", [0, -1, 10**9])
def test_absurd_repeats_are_refused(repeats: int) -> None:
    with pytest.raises(PlanError, match="repeats must be from 1 to"):
        check_plan_limits(plan(repeats=repeats))


def test_every_kind_of_run_refuses_before_a_worker_starts() -> None:
    big, small = absurd(), contender("answer")
    fit = SmallFit()
    test = (SpeedTest(n_gen=1),)
    on_text = FidelityPlan(reference=small, candidates=(big,), text="x", text_name="x")
    on_cases = RepliesPlan(reference=big, candidates=(small,), cases=(case(),), name="x")
    runs = (
        lambda: Bench(fit=fit, start_worker=never).run(plan(ABSURD)),
        lambda: SpeedBench(fit=fit, start_worker=never).run(
            SpeedPlan(contenders=(big,), tests=test)
        ),
        lambda: FidelityBench(fit=fit, start_worker=never).run(on_text),
        lambda: FidelityBench(fit=fit, start_worker=never).run(on_cases),
        lambda: DivergenceBench(fit=fit, start_worker=never).run(small, big, case(), "reply"),
    )
    for begin in runs:
        with pytest.raises(PlanError, match=r"^Big: threads"):
            list(begin())


@pytest.mark.parametrize(
    "changes",
    [{"repetitions": 0}, {"tests": (SpeedTest(n_gen=-1),)}, {"tests": (SpeedTest(),)}],
)
def test_a_speed_run_refuses_absurd_tests(changes: dict[str, Any]) -> None:
    asked = {"tests": (SpeedTest(n_gen=1),), **changes}
    bench = SpeedBench(fit=SmallFit(), start_worker=never)
    with pytest.raises(PlanError, match="must be from"):
        list(bench.run(SpeedPlan(contenders=(contender("answer"),), **asked)))
