"""Prompt and generation speed as llama-bench defines them."""

from __future__ import annotations

import statistics
from datetime import datetime

import msgspec

from engine.contract.reply import ResolvedRuntime


class SpeedTest(msgspec.Struct, frozen=True, kw_only=True):
    """n_prompt tokens evaluated in batches, then n_gen one by one; llama-bench's pg has both.

    n_depth: tokens that lie in the cache before, whose evaluation is not timed.
    """

    n_prompt: int = 0
    n_gen: int = 0
    n_depth: int = 0

    @property
    def name(self) -> str:
        """llama-bench's name: pp512, tg128, pp512+tg128, tg128 @ d4096."""
        prompt = [f"pp{self.n_prompt}"] if self.n_prompt else []
        gen = [f"tg{self.n_gen}"] if self.n_gen else []
        depth = f" @ d{self.n_depth}" if self.n_depth else ""
        return "+".join(prompt + gen) + depth

    @property
    def n_ctx(self) -> int:
        """The context that llama-bench makes for it."""
        return self.n_prompt + self.n_gen + self.n_depth


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One test of one contender: a time a repetition, the warm-up not among them."""

    contender: str
    runtime: ResolvedRuntime
    test: SpeedTest
    measured_at: datetime
    samples_ns: tuple[int, ...]

    @property
    def samples_ts(self) -> tuple[float, ...]:
        """Tokens per second of each repetition."""
        tokens = self.test.n_prompt + self.test.n_gen
        return tuple(tokens * 1e9 / ns for ns in self.samples_ns)

    @property
    def avg_ts(self) -> float:
        return statistics.fmean(self.samples_ts)

    @property
    def stddev_ts(self) -> float | None:
        """The sample standard deviation (n − 1); None for a single repetition."""
        return statistics.stdev(self.samples_ts) if len(self.samples_ts) > 1 else None
