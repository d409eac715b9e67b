"""An importance matrix as llama_model_quantize takes it, and what quantized files say of it.

The numbers and the four metadata entries are those of tools/quantize/quantize.cpp, llama.cpp 0c1e570.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import IO, Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from engine.importance import ImportanceEntry, ImportanceMatrix
from engine.worker.refused import RequestRefused

_TAG_INT, _TAG_STRING = 0, 3
_LONGEST_TEXT = 127


class Weights:
    """What llama.cpp reads stays alive as long as this does."""

    def __init__(self, matrix: ImportanceMatrix) -> None:
        """Reads all of the file's numbers; raises RequestRefused."""
        self._arrays = _read(matrix)
        rows = [
            lib.llama_model_imatrix_data(name.encode(), _floats(array), array.size)
            for name, array in self._arrays.items()
        ]
        self._data = (lib.llama_model_imatrix_data * (len(rows) + 1))(*rows)
        entries = _metadata(matrix)
        self._entries = (lib.llama_model_kv_override * (len(entries) + 1))(*entries)

    def put_into(self, params: Any) -> None:
        params.imatrix = ctypes.cast(self._data, type(params.imatrix))
        params.kv_overrides = ctypes.cast(self._entries, type(params.kv_overrides))


def _read(matrix: ImportanceMatrix) -> dict[str, npt.NDArray[np.float32]]:
    name = Path(matrix.path).name
    try:
        with Path(matrix.path).open("rb") as file:
            arrays = {entry.name: _entry(file, entry) for entry in matrix.entries}
    except OSError as error:
        raise RequestRefused(
            "quantize", f"{name} cannot be read: {error.strerror or error}."
        ) from error
    for weight, array in arrays.items():
        if not np.isfinite(array).all():
            raise RequestRefused(
                "quantize", f"{name} holds infinite numbers for {weight}. Make it anew."
            )
    return arrays


def _entry(file: IO[bytes], entry: ImportanceEntry) -> npt.NDArray[np.float32]:
    """Means of squares, or ones where there is nothing to take a mean of."""
    file.seek(entry.offset)
    array = np.fromfile(file, "<f4", entry.values)
    if len(array) != entry.values:
        raise OSError("it has become shorter")
    parts = array.reshape(len(entry.divisors), -1)
    for part, divisor in zip(parts, entry.divisors, strict=True):
        if divisor:
            np.divide(part, np.float32(divisor), out=part)
        else:
            part[:] = 1
    return array


def _metadata(matrix: ImportanceMatrix) -> list[Any]:
    entries = [_text("quantize.imatrix.file", matrix.recorded_as)]
    if matrix.dataset is not None:
        entries.append(_text("quantize.imatrix.dataset", matrix.dataset))
    entries.append(_number("quantize.imatrix.entries_count", len(matrix.entries)))
    if matrix.chunks > 0:
        entries.append(_number("quantize.imatrix.chunks_count", matrix.chunks))
    return entries


def _text(key: str, text: str) -> Any:
    value = lib.llama_model_kv_override_value()
    value.val_str = text.encode("utf-8", "surrogateescape")[:_LONGEST_TEXT]
    return lib.llama_model_kv_override(tag=_TAG_STRING, key=key.encode(), value=value)


def _number(key: str, number: int) -> Any:
    value = lib.llama_model_kv_override_value(val_i64=number)
    return lib.llama_model_kv_override(tag=_TAG_INT, key=key.encode(), value=value)


def _floats(array: npt.NDArray[np.float32]) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
