"""What llama-perplexity prints about a candidate, with errors that it leaves out.

With m(x) = Σx/N, u(x) = √((Σx²/N − m²)/(N − 1)) and cov = (Σab/N − m_a·m_b)/(N − 1), as in
llama.cpp's tools/perplexity/perplexity.cpp. That ± treats tokens as independent, though those of
one chunk are not; so beside each stands `clustered_plus_minus`, with chunks as the clusters
(Miller, arXiv 2411.00640):

    √(Σ_chunks (Σ_{i in chunk} (x_i − x̄))² · C/(C − 1)) / N

where x is what the statistic averages: for a function of means, its linear part (the delta method).
A ± that cannot be had (one token, one chunk) is None.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.contract import Estimate, Fidelity, NoiseFloor, ReplyFidelity
from engine.quality.fidelity_kernel import Doubles, TokenScores


class RunningFidelity(msgspec.Struct, frozen=True, kw_only=True):
    """What to show while a run goes on, and what decides whether it may stop early."""

    chunks: int
    scored_tokens: int
    ppl: Estimate
    ppl_base: Estimate
    mean_kld: Estimate
    same_top_percent: Estimate


_COLUMNS: Final = ("nll", "nll_base", "kld", "delta_p", "delta_p_squared", "same_top")
_NLL, _BASE, _KLD, _DELTA, _SQUARED, _TOP = range(len(_COLUMNS))


class FidelityStatistics:
    """Collects the tokens of a candidate chunk by chunk.

    Sums are kept per chunk; of the single tokens only what the percentiles need, 8 bytes each.
    """

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._sums: list[Doubles] = []
        self._products = np.zeros((len(_COLUMNS), len(_COLUMNS)))
        self._kld: list[NDArray[np.float32]] = []
        self._delta_p: list[NDArray[np.float32]] = []

    @property
    def chunks(self) -> int:
        return len(self._counts)

    def add(self, chunk: TokenScores) -> None:
        """Take in the scored tokens of one chunk."""
        delta = chunk.delta_p
        columns = np.stack(
            [chunk.nll, chunk.nll_base, chunk.kld, delta, delta * delta, chunk.same_top]
        )
        self._counts.append(columns.shape[1])
        self._sums.append(columns.sum(axis=1))
        self._products += columns @ columns.T
        self._kld.append(chunk.kld.astype(np.float32))
        self._delta_p.append(delta.astype(np.float32))

    def running(self) -> RunningFidelity:
        """The estimates so far, without the percentiles."""
        moments = self._moments()
        return RunningFidelity(
            chunks=self.chunks,
            scored_tokens=moments.n,
            ppl=moments.perplexity(_NLL),
            ppl_base=moments.perplexity(_BASE),
            mean_kld=moments.mean(_KLD),
            same_top_percent=moments.share(_TOP),
        )

    def result(
        self,
        name: str,
        noise: NoiseFloor | None = None,
        replies: tuple[ReplyFidelity, ...] = (),
    ) -> Fidelity:
        """Everything that llama-perplexity prints, over the chunks added so far."""
        moments = self._moments()
        mean_kld = moments.mean(_KLD)
        return Fidelity(
            name=name,
            within_noise=None if noise is None else mean_kld.value <= noise.mean_kld,
            ppl=moments.perplexity(_NLL),
            ppl_base=moments.perplexity(_BASE),
            correlation_percent=moments.correlation_percent(_NLL, _BASE),
            ln_ppl_ratio=moments.ratio_logarithm(),
            ppl_ratio=moments.ratio(),
            ppl_difference=moments.difference(),
            mean_kld=mean_kld,
            mean_delta_p_percent=moments.mean(_DELTA, scale=100.0),
            rms_delta_p_percent=moments.root_mean_square_percent(),
            same_top_percent=moments.share(_TOP),
            replies=replies,
            **_percentiles(np.concatenate(self._kld), _KLD_PERCENTILES),
            **_percentiles(np.concatenate(self._delta_p) * 100.0, _DELTA_P_PERCENTILES),
        )

    def _moments(self) -> _Moments:
        if not self._counts:
            raise ValueError("no chunk has been scored yet")
        return _Moments(np.array(self._counts), np.stack(self._sums), self._products)


_KLD_PERCENTILES: Final = {
    "max_kld": 100.0,
    "kld_p99_9": 99.9,
    "kld_p99": 99.0,
    "kld_p95": 95.0,
    "kld_p90": 90.0,
    "median_kld": 50.0,
    "kld_p10": 10.0,
    "kld_p5": 5.0,
    "kld_p1": 1.0,
    "kld_p0_1": 0.1,
    "min_kld": 0.0,
}
_DELTA_P_PERCENTILES: Final = {
    "max_delta_p_percent": 100.0,
    "delta_p_p99_9_percent": 99.9,
    "delta_p_p99_percent": 99.0,
    "delta_p_p95_percent": 95.0,
    "delta_p_p90_percent": 90.0,
    "delta_p_p75_percent": 75.0,
    "median_delta_p_percent": 50.0,
    "delta_p_p25_percent": 25.0,
    "delta_p_p10_percent": 10.0,
    "delta_p_p5_percent": 5.0,
    "delta_p_p1_percent": 1.0,
    "delta_p_p0_1_percent": 0.1,
    "min_delta_p_percent": 0.0,
}


def _percentiles(values: NDArray[np.float32], wanted: dict[str, float]) -> dict[str, float]:
    found = np.percentile(values, list(wanted.values()))
    return {name: float(value) for name, value in zip(wanted, found, strict=True)}


class _Moments:
    """Means of the columns with both kinds of ±, from sums per chunk and sums of products."""

    def __init__(self, counts: NDArray[np.int_], sums: Doubles, products: Doubles) -> None:
        self.n = int(counts.sum())
        self._counts = counts
        self._sums = sums
        self._means = sums.sum(axis=0) / self.n
        self._covariance = products / self.n - np.outer(self._means, self._means)

    def mean(self, column: int, scale: float = 1.0) -> Estimate:
        return self._linear(float(self._means[column]) * scale, {column: scale})

    def perplexity(self, column: int) -> Estimate:
        value = math.exp(self._means[column])
        return self._linear(value, {column: value})

    def ratio_logarithm(self) -> Estimate:
        return self._linear(self._log_ratio, {_NLL: 1.0, _BASE: -1.0})

    def ratio(self) -> Estimate:
        value = math.exp(self._log_ratio)
        return self._linear(value, {_NLL: value, _BASE: -value})

    def difference(self) -> Estimate:
        ppl, base = math.exp(self._means[_NLL]), math.exp(self._means[_BASE])
        return self._linear(ppl - base, {_NLL: ppl, _BASE: -base})

    def root_mean_square_percent(self) -> Estimate:
        rms = math.sqrt(self._means[_SQUARED])
        return self._linear(100.0 * rms, {_SQUARED: 50.0 / rms if rms else 0.0})

    def share(self, column: int) -> Estimate:
        # Of zeros and ones Σx²/N is m, so that u(x) is the binomial √(p(1 − p)/(N − 1)).
        return self.mean(column, scale=100.0)

    def correlation_percent(self, a: int, b: int) -> float | None:
        variance = self._covariance[a, a] * self._covariance[b, b]
        if variance <= 0.0:
            return None
        return float(100.0 * self._covariance[a, b] / math.sqrt(variance))

    @property
    def _log_ratio(self) -> float:
        return float(self._means[_NLL] - self._means[_BASE])

    def _linear(self, value: float, weights: dict[int, float]) -> Estimate:
        w = np.zeros(len(_COLUMNS))
        for column, weight in weights.items():
            w[column] = weight
        variance = max(0.0, float(w @ self._covariance @ w))
        return Estimate(
            value=value,
            plus_minus=math.sqrt(variance / (self.n - 1)) if self.n > 1 else None,
            clustered_plus_minus=self._clustered(w),
        )

    def _clustered(self, w: Doubles) -> float | None:
        chunks = len(self._counts)
        if chunks < 2:
            return None
        residuals = self._sums @ w - self._counts * float(self._means @ w)
        return math.sqrt(float(residuals @ residuals) * chunks / (chunks - 1)) / self.n
