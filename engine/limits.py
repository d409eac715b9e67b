"""Which numbers a run can be asked for; beyond them llama.cpp wraps round, aborts or measures nonsense.

A plan may come from a form, a command line, an older session or somebody else's file, so it is checked where
a run begins. Sources: GGML_MAX_N_THREADS in ggml.h for threads; counts of tokens are int32_t in llama.h.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from engine.contract import Contender, Plan, Runtime, Sampling, SpeedTest
from engine.errors import PlanError

MOST_THREADS: Final = 512
MOST_REPEATS: Final = 10_000
MOST_TOKENS: Final = 2**31 - 1

_Bounds = dict[str, tuple[float, float]]
_RUNTIME: Final[_Bounds] = {
    "n_ctx": (1, MOST_TOKENS),
    "n_batch": (1, MOST_TOKENS),
    "n_ubatch": (1, MOST_TOKENS),
    "threads": (1, MOST_THREADS),
    "threads_batch": (1, MOST_THREADS),
    "n_gpu_layers": (0, MOST_TOKENS),
    "main_gpu": (0, MOST_TOKENS),
}
_SAMPLING: Final[_Bounds] = {
    "temperature": (0, math.inf),
    "top_k": (0, MOST_TOKENS),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "typical_p": (0, 1),
    "penalty_last_n": (-1, MOST_TOKENS),
    "repeat_penalty": (0, math.inf),
    "dry_multiplier": (0, math.inf),
    "dry_base": (0, math.inf),
    "dry_allowed_length": (0, MOST_TOKENS),
    "dry_penalty_last_n": (-1, MOST_TOKENS),
    "xtc_probability": (0, 1),
    "xtc_threshold": (0, 1),
    "seed": (0, 2**32 - 1),
    "max_tokens": (1, MOST_TOKENS),
    "top_logprobs": (0, MOST_TOKENS),
}
_TEST: Final[_Bounds] = dict.fromkeys(SpeedTest.__struct_fields__, (0, MOST_TOKENS))


def check_plan_limits(plan: Plan) -> None:
    """Raises PlanError for the first number that is out of its bounds."""
    check_contenders(plan.contenders)
    _check_fields(plan.sampling, _SAMPLING, "")
    check_number("repeats", plan.repeats, 1, MOST_REPEATS)


def check_contenders(contenders: Iterable[Contender]) -> None:
    """Raises PlanError, naming the contender."""
    for each in contenders:
        _check_fields(each.runtime, _RUNTIME, f"{each.name}: ")
        if each.sampling is not None:
            _check_fields(each.sampling, _SAMPLING, f"{each.name}: ")


def check_tests(tests: Iterable[SpeedTest]) -> None:
    """Raises PlanError for numbers of tokens that are none."""
    for each in tests:
        _check_fields(each, _TEST, "")
        check_number("a test's tokens", each.n_ctx, 1, MOST_TOKENS)


def check_number(name: str, value: float, low: float, high: float, whose: str = "") -> None:
    """Raises PlanError; also for what is no number at all."""
    if low <= value <= high and math.isfinite(value):
        return
    most = "on" if high == math.inf else f"to {high:,}"
    raise PlanError(f"{whose}{name} must be from {low} {most}, not {value}.")


def _check_fields(struct: Runtime | Sampling | SpeedTest, bounds: _Bounds, whose: str) -> None:
    """Fields that are left to be settled, or given as a word, have no bounds."""
    for name, value in msgspec.structs.asdict(struct).items():
        if name in bounds and isinstance(value, int | float):
            check_number(name, value, *bounds[name], whose=whose)
