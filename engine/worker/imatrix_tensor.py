"""ggml's tensors as llama.cpp hands them to an evaluation callback.

ggml has no functions for most of what is needed, so the struct of ggml.h is read as it lies in memory.
What its fields are is not taken on trust: `check_layout` builds tensors whose every field is known, and
refuses to work with a ggml that lays them out otherwise.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from types import SimpleNamespace
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from engine.worker.refused import RequestRefused

F32 = 0
I32 = 26
_ITEM_BYTES = 4
_ROOM = 1 << 16
_OBJECT_BYTES = 32
Array = npt.NDArray[Any]


class Tensor(ctypes.Structure):
    """struct ggml_tensor of ggml.h, llama.cpp 0c1e570."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
        ("extra", ctypes.c_void_p),
        ("padding", ctypes.c_char * 8),
    )

    def source(self, index: int) -> Tensor:
        return Tensor.from_address(self.src[index])


class Operations:
    """The numbers of the two operations that multiply by a matrix, as this ggml has them."""

    def __init__(self, plain: int, by_expert: int) -> None:
        self.plain = plain
        self.by_expert = by_expert


def values(tensor: Tensor) -> Array:
    """Its numbers as they are indexed, slowest first; copied from the device where they are not here.

    Raises RequestRefused for a tensor without memory or of other numbers than 32-bit ones.
    """
    if tensor.type not in {F32, I32} or tensor.nb[0] != _ITEM_BYTES or not tensor.buffer:
        raise RequestRefused("quantize", "llama.cpp holds the model's inputs in an unknown form.")
    ggml = _ggml()
    size = int(ggml.ggml_nbytes(ctypes.addressof(tensor)))
    if ggml.ggml_backend_buffer_is_host(tensor.buffer):
        raw = np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(tensor.data))
    else:
        raw = np.empty(size, np.uint8)
        ggml.ggml_backend_tensor_get(ctypes.addressof(tensor), raw.ctypes.data, 0, size)
    kind = np.float32 if tensor.type == F32 else np.int32
    return np.ndarray(
        tuple(reversed(tensor.ne)), kind, buffer=raw, strides=tuple(reversed(tensor.nb))
    )


@cache
def check_layout() -> Operations:
    """The operations of this ggml; raises RequestRefused where a tensor is not what it should be."""
    ggml = _ggml()
    context = ggml.ggml_init(_InitParams(_ROOM, None, False))
    try:
        return _build_and_compare(ggml, context)
    finally:
        ggml.ggml_free(context)


def _build_and_compare(ggml: Any, context: int) -> Operations:
    weight = ggml.ggml_new_tensor_3d(context, F32, 4, 3, 2)
    ggml.ggml_set_name(weight, b"blk.0.some.weight")
    inputs = ggml.ggml_new_tensor_3d(context, F32, 4, 5, 2)
    chosen = ggml.ggml_new_tensor_2d(context, I32, 5, 2)
    product = Tensor.from_address(ggml.ggml_mul_mat(context, weight, inputs))
    by_expert = Tensor.from_address(ggml.ggml_mul_mat_id(context, weight, inputs, chosen))
    seen = Tensor.from_address(weight)
    if not (
        ctypes.sizeof(Tensor) + _OBJECT_BYTES == ggml.ggml_tensor_overhead()
        and seen.name == b"blk.0.some.weight"
        and (seen.type, Tensor.from_address(chosen).type) == (F32, I32)
        and (list(seen.ne), list(seen.nb)) == ([4, 3, 2, 1], [4, 16, 48, 96])
        and seen.data == ggml.ggml_get_data(weight)
        and seen.op == 0
        and list(product.src[:3]) == [weight, inputs, None]
        and list(by_expert.src[:4]) == [weight, inputs, chosen, None]
        and len({0, product.op, by_expert.op}) == 3
    ):
        raise RequestRefused(
            "quantize",
            "This build of llama.cpp lays out its tensors in another way than the one known here, so no "
            "importance matrix can be made with it. Install the version that this program came with.",
        )
    return Operations(product.op, by_expert.op)


class _InitParams(ctypes.Structure):
    _fields_ = (("size", ctypes.c_size_t), ("buffer", ctypes.c_void_p), ("bare", ctypes.c_bool))


@cache
def _ggml() -> Any:
    """ggml's functions, in the very library that libllama uses."""
    # The search through libllama's own handle is what engine/worker/backend.py explains.
    base = ctypes.CDLL("ggml-base.dll") if sys.platform == "win32" else lib._lib
    pointer, number, size = ctypes.c_void_p, ctypes.c_int64, ctypes.c_size_t
    bound = SimpleNamespace()
    signatures: tuple[tuple[str, list[Any], Any], ...] = (
        ("ggml_init", [_InitParams], pointer),
        ("ggml_free", [pointer], None),
        ("ggml_tensor_overhead", [], size),
        ("ggml_new_tensor_2d", [pointer, ctypes.c_int, number, number], pointer),
        ("ggml_new_tensor_3d", [pointer, ctypes.c_int, number, number, number], pointer),
        ("ggml_set_name", [pointer, ctypes.c_char_p], pointer),
        ("ggml_mul_mat", [pointer, pointer, pointer], pointer),
        ("ggml_mul_mat_id", [pointer, pointer, pointer, pointer], pointer),
        ("ggml_get_data", [pointer], pointer),
        ("ggml_nbytes", [pointer], size),
        ("ggml_backend_buffer_is_host", [pointer], ctypes.c_bool),
        ("ggml_backend_tensor_get", [pointer, pointer, size, size], None),
    )
    for name, arguments, result in signatures:
        function = getattr(base, name)
        function.argtypes, function.restype = arguments, result
        setattr(bound, name, function)
    return bound
