"""From a worker's moments to the timing of a reply, in the definitions of engine/contract/reply.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from engine.contract import Timing
from engine.protocol import Generated, ModelLoaded

_ALMOST = 0.95


def reply_timing(end: Generated, load: ModelLoaded, *, queue_s: float, shared: bool) -> Timing:
    times = end.token_times_s
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    absent: dict[str, str] = {}
    if load.cached_fraction is None:
        absent["load"] = "this system does not tell what it holds of a file"
    if not times:
        absent["ttft_s"] = "no token was generated"
    if end.prompt_s is None:
        absent["prompt_s"] = absent["prompt_tokens_per_s"] = (
            "stopped before the prompt was evaluated"
        )
    if not gaps:
        why = "one token has no interval" if times else "no token was generated"
        for field in ("generation_tokens_per_s", "inter_token_p50_s", "inter_token_p95_s"):
            absent[field] = why
        absent["inter_token_max_s"] = why
    return Timing(
        queue_s=queue_s,
        load_s=load.load_s,
        load=_load_kind(load.cached_fraction),
        ttft_s=times[0] if times else None,
        prompt_tokens=end.prompt_tokens,
        prompt_s=end.prompt_s,
        prompt_tokens_per_s=end.prompt_tokens / end.prompt_s if end.prompt_s else None,
        generated_tokens=len(times),
        generation_tokens_per_s=len(gaps) / (times[-1] - times[0]) if gaps else None,
        inter_token_p50_s=percentile(gaps, 50) if gaps else None,
        inter_token_p95_s=percentile(gaps, 95) if gaps else None,
        inter_token_max_s=gaps[-1] if gaps else None,
        total_s=end.total_s,
        shared=shared,
        absent=absent,
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Linear interpolation between order statistics, numpy's default; `ordered` ascends, not empty."""
    position = (len(ordered) - 1) * percent / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _load_kind(cached: float | None) -> Literal["cold", "partly cached", "cached"] | None:
    if cached is None:
        return None
    if cached >= _ALMOST:
        return "cached"
    return "cold" if cached <= 1 - _ALMOST else "partly cached"
