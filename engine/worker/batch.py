"""llama_batch filled through numpy views: no ctypes call per token."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt


class Batch:
    """One sequence's batch of at most `capacity` tokens; logits are asked for the last one alone."""

    def __init__(self, capacity: int) -> None:
        self.raw: Any = lib.llama_batch_init(capacity, 0, 1)
        self._token = np.ctypeslib.as_array(self.raw.token, (capacity,))
        self._pos = np.ctypeslib.as_array(self.raw.pos, (capacity,))
        self._logits = np.ctypeslib.as_array(
            ctypes.cast(self.raw.logits, ctypes.POINTER(ctypes.c_int8)), (capacity,)
        )
        np.ctypeslib.as_array(self.raw.n_seq_id, (capacity,))[:] = 1
        for index in range(capacity):
            self.raw.seq_id[index][0] = 0

    def fill(
        self, tokens: Sequence[int] | npt.NDArray[np.int32], start: int, *, logits: bool
    ) -> Any:
        """Put tokens at positions from `start`; gives the struct for llama_decode."""
        n = len(tokens)
        self.raw.n_tokens = n
        self._token[:n] = tokens
        self._pos[:n] = np.arange(start, start + n)
        self._logits[:n] = 0
        self._logits[n - 1] = logits
        return self.raw

    def fill_from(self, tokens: npt.NDArray[np.int32], first_output: int, start: int = 0) -> Any:
        """Put tokens at positions from `start`, with logits from the `first_output`-th to the last."""
        self.fill(tokens, start, logits=True)
        self._logits[first_output : len(tokens)] = 1
        return self.raw

    def one(self, token: int, position: int) -> Any:
        """A single token with its logits wanted."""
        self.raw.n_tokens = 1
        self._token[0] = token
        self._pos[0] = position
        self._logits[0] = 1
        return self.raw

    def close(self) -> None:
        lib.llama_batch_free(self.raw)
