"""llama.cpp's own figures for loading models: run as a program, it prints them as JSON.

Its one argument is a JSON list of jobs. A job with `metadata` lets llama.cpp make a model of that
architecture and save it as `path`; one without loads `path`. `settings` are context parameters, each
tried in turn.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import llama_cpp
from llama_cpp import _ctypes_extensions

_BUFFER = re.compile(
    r"(\S+)\s+(model|KV|RS|compute|output) buffer size\s*=\s*([\d.]+) MiB", re.IGNORECASE
)
_lines: list[str] = []


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # the package's ctypes
def _keep(level: int, text: bytes, user: Any) -> None:
    _lines.append(text.decode(errors="replace"))


@llama_cpp.llama_model_set_tensor_data_t  # type: ignore[untyped-decorator]  # the same
def _leave_tensors_as_they_are(tensor: Any, user: Any) -> None:
    pass


def sizes() -> dict[str, float]:
    """Bytes by kind, of the lines logged since the last call."""
    found: dict[str, float] = {}
    for line in _lines:
        if match := _BUFFER.search(line):
            kind = match[2].lower()
            found[kind] = found.get(kind, 0) + float(match[3]) * 1024 * 1024
    _lines.clear()
    return found


def load(job: dict[str, Any]) -> Any:
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    params.load_mode = 0  # mapped files count repacked weights twice
    if "metadata" not in job:
        return llama_cpp.llama_model_load_from_file(os.fsencode(job["path"]), params)
    base = _ctypes_extensions.load_shared_library(
        "ggml-base", Path(llama_cpp.__file__).parent / "lib"
    )
    base.gguf_init_from_file.restype = ctypes.c_void_p
    base.gguf_init_from_file.argtypes = [ctypes.c_char_p, _GgufParams]
    metadata = base.gguf_init_from_file(os.fsencode(job["metadata"]), _GgufParams(True, None))
    made = llama_cpp.llama_model_init_from_user(metadata, _leave_tensors_as_they_are, None, params)
    if not made:
        return None
    llama_cpp.llama_model_save_to_file(made, os.fsencode(job["path"]))
    log = _lines.copy()
    _lines.clear()
    if loaded := llama_cpp.llama_model_load_from_file(os.fsencode(job["path"]), params):
        llama_cpp.llama_model_free(made)
        return loaded
    _lines[:] = log  # llama.cpp does not save every key of every architecture
    return made


class _GgufParams(ctypes.Structure):
    _fields_ = [("no_alloc", ctypes.c_bool), ("ctx", ctypes.c_void_p)]


def measure(job: dict[str, Any]) -> dict[str, Any]:
    _lines.clear()
    model = load(job)
    if not model:
        return {"error": "".join(_lines[-5:])}
    weights = sizes()
    contexts = []
    for settings in job["settings"]:
        params = llama_cpp.llama_context_default_params()
        for name, value in settings.items():
            setattr(params, name, value)
        context = llama_cpp.llama_init_from_model(model, params)
        contexts.append({**weights, **sizes()} if context else None)
        if context:
            llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return {"contexts": contexts}


def main(jobs: list[dict[str, Any]]) -> None:
    llama_cpp.llama_log_set(_keep, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    for job in jobs:
        print(json.dumps(measure(job)), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    # llama.cpp's own order of freeing things at exit is not our subject.
    os._exit(0)
