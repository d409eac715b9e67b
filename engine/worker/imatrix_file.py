"""The GGUF file that llama-imatrix writes of its sums, byte for byte.

save_imatrix of tools/imatrix/imatrix.cpp and gguf_write_to_file of ggml/src/gguf.cpp, llama.cpp 0c1e570:
format 3, weights in the order of their names' bytes, for each its sums and then its counts, all float32.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import IO

import numpy as np

from engine.worker.imatrix_sums import Floats, Sums

_ALIGNMENT = 32
_U32, _STRING, _ARRAY, _F32 = 4, 8, 9, 0


def write_imatrix(
    path: Path, sums: Mapping[str, Sums], *, dataset: str, chunks: int, n_ctx: int
) -> None:
    """Write the whole file; raises OSError."""
    tensors = list(_tensors(sums))
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<Iqq", 3, len(tensors), 4))
        file.write(_text("general.type") + struct.pack("<I", _STRING) + _text("imatrix"))
        file.write(_text("imatrix.datasets") + struct.pack("<IIQ", _ARRAY, _STRING, 1))
        file.write(_text(dataset))
        file.write(_text("imatrix.chunk_count") + struct.pack("<II", _U32, chunks))
        file.write(_text("imatrix.chunk_size") + struct.pack("<II", _U32, n_ctx))
        ends = accumulate(_padded(array.nbytes) for _, array in tensors)
        for (name, array), offset in zip(tensors, [0, *ends], strict=False):
            file.write(_description(name, array, offset))
        _pad(file)
        for _, array in tensors:
            file.write(array.tobytes())
            _pad(file)


def _tensors(sums: Mapping[str, Sums]) -> list[tuple[str, Floats]]:
    tensors: list[tuple[str, Floats]] = []
    for name in sorted(sums, key=str.encode):
        of_weight = sums[name]
        counts = of_weight.counts.astype(np.float32)[:, None]
        rows = of_weight.squares.reshape(len(counts), -1)
        tensors += [(f"{name}.in_sum2", rows), (f"{name}.counts", counts)]
    return tensors


def _description(name: str, array: Floats, offset: int) -> bytes:
    """Its shape with the fastest dimension first, and none of length 1 at its end."""
    rows, columns = array.shape
    shape = (columns, rows) if rows > 1 else (columns,)
    form = f"<I{len(shape)}qIQ"
    return _text(name) + struct.pack(form, len(shape), *shape, _F32, offset)


def _text(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(raw)) + raw


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _pad(file: IO[bytes]) -> None:
    position = file.tell()
    file.write(bytes(_padded(position) - position))
