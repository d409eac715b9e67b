"""Student's t for whole degrees of freedom, so that SciPy need not be shipped."""

from __future__ import annotations

import math
from functools import lru_cache


def cumulative(t: float, df: int) -> float:
    """P(T ≤ t); the finite series of Abramowitz & Stegun, 26.7.3 and 26.7.4."""
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    theta = math.atan2(abs(t), math.sqrt(df))
    sine, cosine = math.sin(theta), math.cos(theta)
    square = cosine * cosine
    odd = df % 2 == 1
    term = cosine if odd else 1.0
    total = 0.0 if df == 1 else term
    for k in range(3 if odd else 2, df - 1, 2):
        term *= square * (k - 1) / k
        total += term
    inside = 2.0 / math.pi * (theta + sine * total) if odd else sine * total
    return 0.5 + math.copysign(inside / 2.0, t)


@lru_cache(maxsize=256)
def quantile(p: float, df: int) -> float:
    """The t with P(T ≤ t) = p."""
    if p == 0.5:
        return 0.0
    if p < 0.5:
        return -quantile(1.0 - p, df)
    high = 1.0
    while cumulative(high, df) < p:
        high *= 2.0
    low = 0.0
    for _ in range(80):
        middle = (low + high) / 2.0
        if cumulative(middle, df) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
