"""Scores as they are sent: arrays of numbers, joined from the parts that were scored one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from engine.protocol import ChunkScored
from engine.quality.fidelity_kernel import Doubles, TokenScores

_ARRAYS: Final = ("nll", "nll_base", "kld", "delta_p", "same_top")


def own_scores(
    request: int, model: int, chunk: int, nll: Sequence[Doubles], n_bytes: Sequence[int]
) -> ChunkScored:
    """How one model does by itself; n_bytes: of each scored token."""
    return ChunkScored(
        id=request,
        candidate=model,
        chunk=chunk,
        nll=np.concatenate(nll).tobytes(),
        n_bytes=np.array(n_bytes, np.float64).tobytes(),
    )


def joined(parts: Sequence[TokenScores]) -> dict[str, bytes]:
    """What a response that compares a candidate with the reference carries, by its name there."""
    return {
        name: np.concatenate([getattr(part, name) for part in parts]).tobytes() for name in _ARRAYS
    }
