"""Stopping llama.cpp in the middle of a decode without a Python callback.

ggml asks an abort callback at every node of the graph; a Python function there would take the GIL each
time. libc's strlen has the right shape: a shared two-byte buffer is its argument, "" runs (0 is false) and
"1" aborts (1 is true).
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import llama_cpp.llama_cpp as lib


class Interrupt:
    """Set by the thread that reads requests, seen by the thread that decodes."""

    def __init__(self) -> None:
        libc = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
        self._buffer = ctypes.create_string_buffer(2)
        self.callback: Any = ctypes.cast(libc.strlen, lib.ggml_abort_callback)
        self.address = ctypes.cast(self._buffer, ctypes.c_void_p)

    def set(self) -> None:
        self._buffer[0] = b"1"

    def clear(self) -> None:
        self._buffer[0] = b"\0"

    def is_set(self) -> bool:
        return bool(self._buffer[0] != b"\0")
