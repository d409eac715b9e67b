"""Making a quantization with llama.cpp's own llama_model_quantize.

It has no cancel and no progress callback: whoever wants to stop it ends this process, and its progress
is read from the "[ 12/ 272]" that begins each tensor's line in its log.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from pathlib import Path

import llama_cpp.llama_cpp as lib

from engine.protocol import Quantize
from engine.worker.backend import LEVEL_ERROR, Backend
from engine.worker.imatrix_weights import Weights
from engine.worker.refused import RequestRefused

_TENSOR = re.compile(r"\[ *(\d+)/ *(\d+)\]")


def quantize(backend: Backend, request: Quantize, on_progress: Callable[[float], None]) -> None:
    """Write the target file; raises RequestRefused with llama.cpp's reason."""
    params = lib.llama_model_quantize_default_params()
    params.ftype = request.file_type
    params.nthread = request.threads
    params.allow_requantize = True
    weights = Weights(request.importance) if request.importance is not None else None
    if weights is not None:
        weights.put_into(params)

    def read_progress(line: str) -> None:
        if match := _TENSOR.match(line):
            on_progress(int(match[1]) / int(match[2]))

    backend.clear_log()
    backend.on_line = read_progress
    try:
        result = lib.llama_model_quantize(
            os.fsencode(request.source), os.fsencode(request.target), ctypes.byref(params)
        )
    finally:
        backend.on_line = None
    if result != 0:
        errors = [line.strip() for level, line in backend.log() if level >= LEVEL_ERROR]
        reason = errors[-1] if errors else f"code {result}"
        raise RequestRefused(
            "quantize", f"{Path(request.source).name} could not be quantized: {reason}."
        )
