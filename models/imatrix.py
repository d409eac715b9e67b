"""Files of importance matrices, and whether one belongs to a model.

Read are the GGUF files that llama-imatrix writes now and the .dat files that it wrote before, as
common/imatrix-loader.cpp of llama.cpp 0c1e570 reads them. Like models they come from anywhere: every
count and length is checked first, and only where the numbers lie is taken down.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Final

from engine.errors import CorruptFile, QuantizeError, TruncatedFile
from engine.importance import ImportanceEntry, ImportanceMatrix
from models.gguf import FileSource, GgufModel, Header, Source, Tensor, read_header

MAX_ENTRIES: Final = 65_536  # the largest models have 2,000
MAX_NAME_BYTES: Final = 1_024
MAX_EXPERTS: Final = 65_536  # of one weight; the largest models have 512
MAX_DATASET_BYTES: Final = 65_536
_MAGIC: Final = b"GGUF"
_SUMS: Final = ".in_sum2"
_COUNTS: Final = ".counts"
_FLOAT_BYTES: Final = 4
_I32: Final = struct.Struct("<i")
# Embeddings are looked up, not multiplied: matrices of them are passed over by llama.cpp too.
_LOOKED_UP: Final = frozenset({"token_embd.weight", "per_layer_token_embd.weight"})


def read_imatrix(path: Path, recorded_as: str | None = None) -> ImportanceMatrix:
    """Where its numbers lie. recorded_as: what files made with it call it; None: its name alone.

    Raises ModelFileError that names the file.
    """
    with FileSource(path) as source:
        is_gguf = source.read_at(0, len(_MAGIC)) == _MAGIC
        dataset, chunks, entries = _read_gguf(source) if is_gguf else _Dat(source).read()
    return ImportanceMatrix(
        path=str(path.absolute()),
        recorded_as=path.name if recorded_as is None else recorded_as,
        dataset=dataset,
        chunks=chunks,
        entries=entries,
    )


def refuse_misfit(matrix: ImportanceMatrix, model: GgufModel) -> None:
    """Raise QuantizeError for the matrix of another model: llama.cpp would in part ignore it."""
    sizes = {entry.name: entry.values for entry in matrix.entries}
    name, used = Path(matrix.path).name, 0
    for tensor in model.tensors:
        if tensor.name not in sizes or tensor.name in _LOOKED_UP:
            continue
        used += 1
        wanted = math.prod((*tensor.shape[:1], *tensor.shape[2:3]))
        if sizes[tensor.name] != wanted:
            raise QuantizeError(
                f"{name} was made of another model than {model.paths[0].name}: it has "
                f"{sizes[tensor.name]:,} numbers for {tensor.name}, which takes {wanted:,}. "
                "Choose the one of this model."
            )
    if not used:
        raise QuantizeError(
            f"{name} was made of another model than {model.paths[0].name}: it knows none of its "
            "weights. Choose the one of this model."
        )


def _read_gguf(source: Source) -> tuple[str | None, int, tuple[ImportanceEntry, ...]]:
    header = read_header(source)
    datasets = header.metadata.get("imatrix.datasets")
    chunks = header.metadata.get("imatrix.chunk_count")
    size = header.metadata.get("imatrix.chunk_size")
    if not (isinstance(datasets, tuple) and isinstance(chunks, int) and isinstance(size, int)):
        raise CorruptFile(
            f"{source.name} is no importance matrix: it does not say what text it was made of. "
            "Choose a file that llama-imatrix or this program wrote."
        )
    tensors = {tensor.name: tensor for tensor in header.tensors}
    names = sorted(
        {
            name.removesuffix(end)
            for name in tensors
            for end in (_SUMS, _COUNTS)
            if name.endswith(end)
        }
    )
    if not names:
        raise CorruptFile(f"{source.name} is an importance matrix without numbers. Make it anew.")
    entries = tuple(
        _gguf_entry(source, header, name, tensors.get(name + _SUMS), tensors.get(name + _COUNTS))
        for name in names
    )
    return (str(datasets[0]) if datasets else None), chunks, entries


def _gguf_entry(
    source: Source, header: Header, name: str, sums: Tensor | None, counts: Tensor | None
) -> ImportanceEntry:
    if sums is None or counts is None or {sums.type.name, counts.type.name} != {"F32"}:
        raise _damaged(source, f"its sums and counts for {name} do not belong together")
    if not 0 < counts.elements <= MAX_EXPERTS or not sums.elements:
        raise _damaged(source, f"it has {counts.elements:,} counts for {name}")
    if sums.elements % counts.elements:
        raise _damaged(source, f"{counts.elements:,} counts do not divide its sums for {name}")
    raw = source.read_at(header.header_bytes + counts.offset, counts.size_bytes)
    divisors = []
    for count in struct.unpack(f"<{counts.elements}f", raw):
        if not 0 <= count < 2**62:
            raise _damaged(source, f"it counts {count} tokens for {name}")
        divisors.append(math.floor(count + 0.5))
    return ImportanceEntry(
        name=name,
        offset=header.header_bytes + sums.offset,
        values=sums.elements,
        divisors=tuple(divisors),
    )


class _Dat:
    """The older form: for each weight means times a number of calls, and at the end what of."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._position = 0

    def read(self) -> tuple[str | None, int, tuple[ImportanceEntry, ...]]:
        count = self._number()
        if not 0 < count <= MAX_ENTRIES:
            raise CorruptFile(
                f"{self._source.name} is no importance matrix. Choose a file that llama-imatrix or "
                "this program wrote."
            )
        entries: dict[str, ImportanceEntry] = {}
        for _ in range(count):
            entry = self._entry()
            if entry.name in entries:
                raise _damaged(self._source, f"{entry.name} is there twice")
            entries[entry.name] = entry
        chunks = self._number() if self._left() else 0
        return self._dataset(), max(chunks, 0), tuple(entries.values())

    def _entry(self) -> ImportanceEntry:
        length = self._number()
        if not 0 < length <= MAX_NAME_BYTES:
            raise _damaged(self._source, f"a weight's name is {length:,} bytes long")
        raw = self._take(length)
        if b"\0" in raw:
            raise _damaged(self._source, "a weight's name has a zero byte in it")
        calls, values = self._number(), self._number()
        if values < 1:
            raise _damaged(self._source, f"it announces {values:,} numbers for a weight")
        entry = ImportanceEntry(
            name=raw.decode("utf-8", errors="replace"),
            offset=self._position,
            values=values,
            divisors=(calls if calls > 0 else 1,),
        )
        self._skip(values * _FLOAT_BYTES)
        return entry

    def _dataset(self) -> str | None:
        length = self._number() if self._left() else 0
        if not 0 < length <= min(MAX_DATASET_BYTES, self._left()):
            return None
        return self._take(length).partition(b"\0")[0].decode("utf-8", errors="replace")

    def _number(self) -> int:
        return int(_I32.unpack(self._take(_I32.size))[0])

    def _take(self, size: int) -> bytes:
        start = self._position
        self._skip(size)
        return self._source.read_at(start, size)

    def _skip(self, size: int) -> None:
        if size > self._left():
            raise TruncatedFile(
                f"{self._source.name} ends in the middle, after {self._source.size:,} bytes. "
                "Download it again, or make it anew."
            )
        self._position += size

    def _left(self) -> int:
        return self._source.size - self._position


def _damaged(source: Source, what: str) -> CorruptFile:
    return CorruptFile(f"{source.name} is damaged: {what}. Download it again, or make it anew.")
