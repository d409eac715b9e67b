"""Calls of llama_decode, and what their results mean."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from engine.worker.refused import RequestRefused

Logits = npt.NDArray[np.float32]
_ABORTED = 2


class DecodeStopped(Exception):
    """The user's stop took effect inside llama_decode."""


def decode(context: Any, batch: Any) -> None:
    """Evaluate a batch; raises DecodeStopped, or RequestRefused when llama.cpp cannot."""
    result = lib.llama_decode(context, batch)
    if result == 0:
        return
    if result == _ABORTED:
        raise DecodeStopped
    if result == 1:
        raise RequestRefused("context", "The context is full: no room is left for this prompt.")
    raise RequestRefused("request", f"llama.cpp could not evaluate the text (code {result}).")


def all_logits(context: Any, rows: int, n_vocab: int) -> Logits:
    """All output rows of the last decode (rows × n_vocab), without a copy; valid until the next one."""
    pointer = lib.llama_get_logits(context)
    if not pointer:
        raise RequestRefused("request", "llama.cpp gave no logits.")
    return np.ctypeslib.as_array(
        ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float)), (rows, n_vocab)
    )


def last_logits(context: Any, n_vocab: int) -> Logits:
    """The last output row, without a copy; valid until the next decode. Waits for the device."""
    pointer = lib.llama_get_logits_ith(context, -1)
    if not pointer:
        raise RequestRefused("request", "llama.cpp gave no logits for the last token.")
    return np.ctypeslib.as_array(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float)), (n_vocab,))
