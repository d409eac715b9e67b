"""The header of a GGUF file: what it says of itself, and which tensors it holds.

The layout is that of the GGUF specification in ggml's docs/gguf.md, versions 2 and 3; what is
refused is what gguf_init_from_file of llama.cpp 0c1e570 refuses, in sentences. Files are untrusted:
counts and lengths are checked before anything is allocated, and vocabularies are passed over, so
that memory stays small.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from engine.errors import CorruptFile, NotGguf, TruncatedFile, UnsupportedModel
from models import ggml
from models.gguf.cursor import MAX_HEADER_BYTES, Cursor
from models.gguf.source import Source

MAX_ENTRIES: Final = 65_536  # of metadata, and of tensors; the largest models have 2,000
MAX_KEY_BYTES: Final = 65_535  # the specification's own limit
MAX_TENSOR_NAME_BYTES: Final = 63  # GGML_MAX_NAME less its end
MAX_DIMENSIONS: Final = 4
MAX_STRINGS: Final = 2_000_000  # in arrays, of one file; the largest vocabularies have 800,000
KEPT_NUMBERS: Final = 4_096  # an array up to this long is kept: one value for each layer
KEPT_STRINGS: Final = 256  # tags and languages are kept, vocabularies are not
KEPT_STRING_BYTES: Final = 1024 * 1024
KEPT_TEXT_BYTES: Final = 8 * 1024 * 1024  # of one file together

_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")
_FIXED: Final = {
    0: ("u8", struct.Struct("<B")),
    1: ("i8", struct.Struct("<b")),
    2: ("u16", struct.Struct("<H")),
    3: ("i16", struct.Struct("<h")),
    4: ("u32", struct.Struct("<I")),
    5: ("i32", struct.Struct("<i")),
    6: ("f32", struct.Struct("<f")),
    7: ("bool", struct.Struct("<?")),
    10: ("u64", struct.Struct("<Q")),
    11: ("i64", struct.Struct("<q")),
    12: ("f64", struct.Struct("<d")),
}
_STRING: Final = 8
_ARRAY: Final = 9


class Omitted(msgspec.Struct, frozen=True):
    """A value that was passed over for its size: `count` elements, or bytes of one string."""

    kind: str
    count: int


Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | Omitted


class Tensor(msgspec.Struct, frozen=True):
    """`offset` counts from the start of the tensor data."""

    name: str
    shape: tuple[int, ...]
    type: ggml.TensorType
    offset: int
    elements: int
    size_bytes: int


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """`header_bytes` ends where the first tensor begins, `data_bytes` where the last ends."""

    version: int
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]
    alignment: int
    header_bytes: int
    data_bytes: int


def read_header(source: Source) -> Header:
    """What the source's header says, once it is whole and free of contradictions."""
    return _Reader(source).header()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._name = source.name
        self._size = source.size
        self._cursor = Cursor(source)
        self._strings = 0
        self._text_bytes = 0

    def header(self) -> Header:
        version = self._version()
        tensor_count = self._count("tensors")
        metadata = self._metadata(self._count("metadata entries"))
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise self._corrupt(f"its alignment is {alignment}, not a power of two")
        tensors = self._tensors(tensor_count, alignment)
        header_bytes = _padded(self._cursor.position, alignment)
        data_bytes = tensors[-1].offset + tensors[-1].size_bytes if tensors else 0
        if tensors and header_bytes + data_bytes > self._size:
            raise TruncatedFile(
                f"{self._name} has {self._size:,} of the {header_bytes + data_bytes:,} bytes that "
                "its header announces. Download it again."
            )
        return Header(
            version=version,
            metadata=metadata,
            tensors=tensors,
            alignment=alignment,
            header_bytes=header_bytes,
            data_bytes=data_bytes,
        )

    def _version(self) -> int:
        if self._size == 0:
            raise TruncatedFile(f"{self._name} is empty. Download it again.")
        start = self._cursor.take(min(self._size, 8))
        if start[:4] != b"GGUF":
            raise NotGguf(_other_kind(self._name, start))
        if len(start) < 8:
            raise TruncatedFile(f"{self._name} ends after {self._size} bytes. Download it again.")
        version = _U32.unpack_from(start, 4)[0]
        if version & 0xFFFF == 0:
            raise UnsupportedModel(
                f"{self._name} is written for big-endian processors. Choose a little-endian file."
            )
        if version not in {2, 3}:
            raise UnsupportedModel(
                f"{self._name} is GGUF version {version}; llama.cpp reads 2 and 3. "
                "Choose a file that was converted anew."
            )
        return int(version)

    def _count(self, things: str) -> int:
        count = self._u64()
        if count > MAX_ENTRIES:
            raise self._corrupt(f"it announces {count:,} {things}")
        return count

    def _metadata(self, count: int) -> dict[str, Value]:
        metadata: dict[str, Value] = {}
        for _ in range(count):
            length = self._u64()
            if not 0 < length <= MAX_KEY_BYTES:
                raise self._corrupt(f"a metadata key is {length:,} bytes long")
            key = self._text(length)
            if key in metadata:
                raise self._corrupt(f"{key!r} is there twice")
            metadata[key] = self._value(key)
        return metadata

    def _value(self, key: str) -> Value:
        kind = self._u32()
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._array(key)
        if kind not in _FIXED:
            raise self._corrupt(f"{key!r} is of the unknown type {kind}")
        return self._cursor.unpack(_FIXED[kind][1])[0]

    def _string(self) -> str | Omitted:
        length = self._u64()
        if length > KEPT_STRING_BYTES or self._text_bytes + length > KEPT_TEXT_BYTES:
            self._cursor.skip(length)
            return Omitted("string", length)
        self._text_bytes += length
        return self._text(length)

    def _array(self, key: str) -> Value:
        kind, count = self._u32(), self._u64()
        if kind == _STRING:
            return self._string_array(key, count)
        if kind not in _FIXED:
            raise self._corrupt(f"{key!r} is an array of the unknown type {kind}")
        name, form = _FIXED[kind]
        if count > MAX_HEADER_BYTES:
            raise self._corrupt(f"{key!r} announces {count:,} values")
        if count > KEPT_NUMBERS:
            self._cursor.skip(count * form.size)
            return Omitted(name, count)
        return struct.unpack(f"<{count}{form.format[1:]}", self._cursor.take(count * form.size))

    def _string_array(self, key: str, count: int) -> Value:
        self._strings += count
        if self._strings > MAX_STRINGS:
            raise self._corrupt(f"{key!r} announces {count:,} strings")
        if count > KEPT_STRINGS:
            self._cursor.skip_strings(count)
            return Omitted("string", count)
        values = [self._string() for _ in range(count)]
        if any(isinstance(value, Omitted) for value in values):
            return Omitted("string", count)
        return tuple(str(value) for value in values)

    def _tensors(self, count: int, alignment: int) -> tuple[Tensor, ...]:
        tensors: list[Tensor] = []
        names: set[str] = set()
        expected_offset = 0
        for _ in range(count):
            tensor = self._tensor()
            if tensor.name in names:
                raise self._corrupt(f"the tensor {tensor.name!r} is there twice")
            if tensor.offset != expected_offset:
                raise self._corrupt(f"the tensor {tensor.name!r} is not behind the one before it")
            names.add(tensor.name)
            tensors.append(tensor)
            expected_offset += _padded(tensor.size_bytes, alignment)
        return tuple(tensors)

    def _tensor(self) -> Tensor:
        length = self._u64()
        if length > MAX_TENSOR_NAME_BYTES:
            raise self._corrupt(f"a tensor's name is {length:,} bytes long")
        name = self._text(length)
        dimensions = self._u32()
        if dimensions > MAX_DIMENSIONS:
            raise self._corrupt(f"the tensor {name!r} has {dimensions:,} dimensions")
        shape = tuple(self._u64() for _ in range(dimensions))
        number, offset = self._u32(), self._u64()
        kind = self._tensor_type(name, number)
        elements = 1
        for extent in shape:
            elements *= extent
        if elements >= 2**63 or max(shape, default=0) >= 2**63:
            raise self._corrupt(f"the tensor {name!r} has the impossible shape {shape}")
        if (shape[0] if shape else 1) % kind.block_elements:
            raise self._corrupt(f"the rows of {name!r} do not divide into {kind.name} blocks")
        return Tensor(name, shape, kind, offset, elements, kind.row_bytes(elements))

    def _tensor_type(self, tensor: str, number: int) -> ggml.TensorType:
        if number in ggml.REMOVED_TENSOR_TYPES:
            raise UnsupportedModel(
                f"{self._name} holds {ggml.REMOVED_TENSOR_TYPES[number]} tensors, which llama.cpp "
                "no longer reads. Choose a file of another quantization."
            )
        if number not in ggml.TENSOR_TYPES:
            raise self._corrupt(f"the tensor {tensor!r} is of the unknown type {number}")
        return ggml.TENSOR_TYPES[number]

    def _u32(self) -> int:
        return int(self._cursor.unpack(_U32)[0])

    def _u64(self) -> int:
        return int(self._cursor.unpack(_U64)[0])

    def _text(self, size: int) -> str:
        return self._cursor.take(size).decode("utf-8", errors="replace")

    def _corrupt(self, what: str) -> CorruptFile:
        return CorruptFile(f"{self._name} is damaged: {what}. Download it again.")


def _padded(position: int, alignment: int) -> int:
    return (position + alignment - 1) // alignment * alignment


def _other_kind(name: str, start: bytes) -> str:
    kinds = {
        b"FUGG": "is written for big-endian processors. Choose a little-endian GGUF file.",
        b"PK\x03\x04": "is a zip or PyTorch file, not a GGUF file. Choose a GGUF conversion of it.",
        b"vers": "is a Git LFS pointer, not the model. Fetch the model with `git lfs pull`.",
        b"lmgg": "is a GGML file from before GGUF. Choose a GGUF conversion of it.",
        b"tjgg": "is a GGJT file from before GGUF. Choose a GGUF conversion of it.",
        b"fmgg": "is a GGMF file from before GGUF. Choose a GGUF conversion of it.",
    }
    if start[:4] in kinds:
        return f"{name} {kinds[start[:4]]}"
    if start[:1] == b"<" or start[:1] == b"{":
        return f"{name} is a text page, not a model: the download failed. Download it again."
    return f"{name} is not a GGUF file. Choose a file that ends in .gguf."
