"""GGUF files written byte by byte, so that tests can also write wrong ones."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

U32, I32, F32, BOOL, STRING, ARRAY, U64 = 4, 5, 6, 7, 8, 9, 10
F32_TENSOR, Q4_0_TENSOR, Q8_0_TENSOR = 0, 2, 8


def text(value: str | bytes) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def string(key: str, value: str) -> bytes:
    return entry(key, STRING, text(value))


def u32(key: str, value: int) -> bytes:
    return entry(key, U32, struct.pack("<I", value))


def strings(key: str, values: Sequence[str | bytes]) -> bytes:
    head = struct.pack("<IQ", STRING, len(values))
    return entry(key, ARRAY, head + b"".join(text(value) for value in values))


def i32s(key: str, values: Sequence[int]) -> bytes:
    head = struct.pack("<IQ", I32, len(values))
    return entry(key, ARRAY, head + struct.pack(f"<{len(values)}i", *values))


class TensorBytes(msgspec.Struct, frozen=True):
    """How a tensor is announced, and how many bytes of it the file really holds."""

    name: str
    shape: tuple[int, ...]
    kind: int
    size: int
    offset: int | None = None


def f32(name: str, *shape: int) -> TensorBytes:
    size = 4
    for extent in shape:
        size *= extent
    return TensorBytes(name, shape, F32_TENSOR, size)


def gguf(
    entries: Sequence[bytes] = (),
    tensors: Sequence[TensorBytes] = (),
    *,
    version: int = 3,
    alignment: int = 32,
    magic: bytes = b"GGUF",
) -> bytes:
    """A whole file; the tensors' bytes are zero."""
    head = bytearray(magic + struct.pack("<IQQ", version, len(tensors), len(entries)))
    head += b"".join(entries)
    offset = 0
    for tensor in tensors:
        stated = offset if tensor.offset is None else tensor.offset
        head += text(tensor.name) + struct.pack("<I", len(tensor.shape))
        head += struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape)
        head += struct.pack("<IQ", tensor.kind, stated)
        offset += -(-tensor.size // alignment) * alignment
    if not tensors:
        return bytes(head)
    return bytes(head) + bytes(-len(head) % alignment) + bytes(offset)


def small_model(*entries: bytes, architecture: str = "llama") -> bytes:
    """The least that passes as a model with weights."""
    return gguf(
        [string("general.architecture", architecture), *entries],
        [f32("token_embd.weight", 64, 4), f32("output_norm.weight", 64)],
    )


def part(number: int, count: int, tensors: int = 3) -> bytes:
    """One part of a split model, with one tensor."""
    entries = [
        u32("split.no", number - 1),
        u32("split.count", count),
        entry("split.tensors.count", I32, tensors.to_bytes(4, "little")),
    ]
    if number == 1:
        entries.append(string("general.architecture", "llama"))
    return gguf(entries, [f32(f"blk.{number}.w", 64, number)])
