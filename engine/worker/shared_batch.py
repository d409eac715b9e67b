"""A llama_batch that mixes sequences: one token of each that generates, many of one that begins."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np


class SharedBatch:
    """Filled anew for each decode, in memory of its own that llama.cpp only reads.

    Rows of logits come in the order in which they were asked for.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._token = np.zeros(capacity, np.int32)
        self._pos = np.zeros(capacity, np.int32)
        self._sequence = np.zeros(capacity, np.int32)
        self._logits = np.zeros(capacity, np.int8)
        self._counts = np.ones(capacity, np.int32)
        # Each token's list of sequences is one entry of the array above.
        first = self._sequence.ctypes.data
        self._lists = np.arange(capacity, dtype=np.uintp) * self._sequence.itemsize + first
        self.raw: Any = lib.llama_batch(
            n_tokens=0,
            token=_pointer(self._token, lib.llama_token),
            embd=None,
            pos=_pointer(self._pos, lib.llama_pos),
            n_seq_id=_pointer(self._counts, ctypes.c_int32),
            seq_id=_pointer(self._lists, ctypes.POINTER(lib.llama_seq_id)),
            logits=_pointer(self._logits, ctypes.c_int8),
        )

    @property
    def room(self) -> int:
        return self.capacity - int(self.raw.n_tokens)

    def clear(self) -> None:
        self.raw.n_tokens = 0

    def add(self, sequence: int, tokens: Sequence[int], start: int, *, logits: bool) -> None:
        """Append tokens of one sequence at positions from `start`; logits for the last one if asked."""
        begin = int(self.raw.n_tokens)
        end = begin + len(tokens)
        self._token[begin:end] = tokens
        self._pos[begin:end] = np.arange(start, start + len(tokens))
        self._sequence[begin:end] = sequence
        self._logits[begin:end] = 0
        self._logits[end - 1] = logits
        self.raw.n_tokens = end

    def want_all_logits(self) -> None:
        """Ask for those of every token that was added."""
        self._logits[: self.raw.n_tokens] = 1


def _pointer(array: Any, kind: Any) -> Any:
    return ctypes.cast(array.ctypes.data, ctypes.POINTER(kind))
