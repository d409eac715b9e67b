"""What `fidelity --json` gives and what is stored of a fidelity run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from engine.quality.fidelity_kernel import Doubles
from engine.quality.fidelity_statistics import Estimate, Fidelity, NoiseFloor


class OtherTokenizer(msgspec.Struct, frozen=True, kw_only=True, tag="bytes", tag_field="compared"):
    """A candidate whose tokens are not the reference's: only bits per byte can be set side by
    side."""

    name: str
    reason: str
    ppl: Estimate
    bits_per_byte: Estimate
    bits_per_byte_base: Estimate


class FidelityReference(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ppl: Estimate
    bits_per_byte: Estimate | None = None


class FidelityText(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sha256: str
    size_bytes: int


class FidelityDocument(msgspec.Struct, frozen=True, kw_only=True):
    """stopped: None when the whole text was scored, otherwise why it was not."""

    n_ctx: int
    chunks: int
    scored_tokens: int
    text: FidelityText
    reference: FidelityReference
    candidates: tuple[Fidelity | OtherTokenizer, ...]
    noise_floor: NoiseFloor | None = None
    stopped: str | None = None


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
