"""llama.cpp's own foretelling of sizes: run as a program, it prints them as JSON.

Its one argument is a JSON object of `paths`, `types` (numbers of llama_ftype) and `with_imatrix`. It
prints, for each path, the MiB of the weights of each type as llama.cpp's dry run logs them.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from typing import Any

import llama_cpp

_TOTAL = re.compile(r"quant size\s*=\s*([\d.]+) MiB")
_lines: list[str] = []


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # the package's ctypes
def _keep(level: int, text: bytes, user: Any) -> None:
    _lines.append(text.decode(errors="replace"))


def dry_run(path: str, file_type: int, with_imatrix: bool) -> float:
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.nthread = file_type, 1
    params.dry_run = params.allow_requantize = True
    number = (ctypes.c_float * 1)(1.0)
    # What it holds does not matter here, only that there is one.
    rows = (llama_cpp.llama_cpp.llama_model_imatrix_data * 2)(
        llama_cpp.llama_cpp.llama_model_imatrix_data(b"none", number, 1)
    )
    if with_imatrix:
        params.imatrix = ctypes.cast(rows, type(params.imatrix))
    _lines.clear()
    assert llama_cpp.llama_model_quantize(os.fsencode(path), b"", ctypes.byref(params)) == 0
    return float(next(m[1] for line in _lines if (m := _TOTAL.search(line))))


if __name__ == "__main__":
    llama_cpp.llama_log_set(_keep, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    job = json.loads(sys.argv[1])
    sizes = [
        [dry_run(path, file_type, job["with_imatrix"]) for file_type in job["types"]]
        for path in job["paths"]
    ]
    print(json.dumps(sizes))
