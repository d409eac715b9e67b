"""Cuts a text's tokens into chunks as llama-perplexity does, and says which of them are scored.

llama.cpp, tools/perplexity/perplexity.cpp: chunks of n_ctx tokens without overlap, the rest
dropped; where the vocabulary adds BOS, a chunk's first token is overwritten by it when decoding.
The logits at the positions n_ctx // 2 … n_ctx − 2 score the tokens that follow them, so that each
scored token has half a context before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int32]


class ChunkedText(msgspec.Struct, frozen=True, kw_only=True):
    """A text ready to be scored.

    decoded: chunks × n_ctx tokens to evaluate. targets: chunks × scored tokens, what the logits at
    the positions first_scored … n_ctx − 2 are asked for.
    """

    n_ctx: int
    decoded: Tokens
    targets: Tokens

    @property
    def chunks(self) -> int:
        return len(self.decoded)

    @property
    def first_scored(self) -> int:
        return self.n_ctx // 2


def without_last_newline(text: str) -> str:
    """The text as llama-perplexity tokenizes a file: one newline at its end is dropped."""
    return text.removesuffix("\n")


def chunk(tokens: Sequence[int] | NDArray[np.integer], n_ctx: int, bos: int | None) -> ChunkedText:
    """Chunks of the tokens of a whole text; bos None: the vocabulary adds none."""
    if n_ctx < 4:
        raise ValueError(f"a context of {n_ctx} leaves nothing to score")
    chunks = len(tokens) // n_ctx
    grid = np.array(tokens[: chunks * n_ctx], np.int32).reshape(chunks, n_ctx)
    targets = grid[:, n_ctx // 2 + 1 :].copy()
    if bos is not None:
        grid[:, 0] = bos
    return ChunkedText(n_ctx=n_ctx, decoded=grid, targets=targets)
