"""Perplexity of one model by itself, with both kinds of ± (see fidelity_statistics.py)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.contract import Estimate
from engine.quality.fidelity_kernel import Doubles


def perplexity(nll: Sequence[Doubles]) -> Estimate:
    """exp of the mean nll of all scored tokens, given chunk by chunk; raises ValueError for
    none."""
    if not nll:
        raise ValueError("no chunk has been scored yet")
    tokens = np.concatenate(nll)
    mean = float(tokens.mean())
    value, n, chunks = math.exp(mean), len(tokens), len(nll)
    residuals = np.array([float((chunk - mean).sum()) for chunk in nll])
    return Estimate(
        value=value,
        plus_minus=value * math.sqrt(float(tokens.var()) / (n - 1)) if n > 1 else None,
        clustered_plus_minus=(
            value * math.sqrt(float(residuals @ residuals) * chunks / (chunks - 1)) / n
            if chunks > 1
            else None
        ),
    )
