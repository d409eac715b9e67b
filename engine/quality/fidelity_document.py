"""What `fidelity --json` gives and what is stored of a fidelity run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.contract import Estimate
from engine.quality.fidelity_kernel import Doubles


def bits_per_byte(nll: Sequence[Doubles], n_bytes: Sequence[Doubles]) -> Estimate:
    """Σ nll / ln 2 / Σ bytes over the scored tokens, given chunk by chunk.

    A ratio of two sums: its ± are those of the mean of its linear part, bits − ratio · bytes.
    """
    tokens = sum(len(chunk) for chunk in nll)
    total_bytes = float(sum(chunk.sum() for chunk in n_bytes))
    if not total_bytes:
        raise ValueError("the scored tokens hold no bytes")
    value = float(sum(chunk.sum() for chunk in nll)) / math.log(2) / total_bytes
    residuals = [n / math.log(2) - value * b for n, b in zip(nll, n_bytes, strict=True)]
    return Estimate(
        value=value,
        plus_minus=_spread(np.concatenate(residuals), total_bytes) if tokens > 1 else None,
        clustered_plus_minus=(
            _spread(np.array([chunk.sum() for chunk in residuals]), total_bytes)
            if len(nll) > 1
            else None
        ),
    )


def _spread(residuals: Doubles, total: float) -> float:
    n = len(residuals)
    return math.sqrt(float(residuals @ residuals) * n / (n - 1)) / total
