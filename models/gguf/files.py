"""A model as its files hold it: one GGUF file, or all parts of a split one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import CorruptFile, MissingFile
from models.gguf.header import Header, Tensor, Value, read_header
from models.gguf.source import FileSource

MAX_PARTS: Final = 1_000
_PART: Final = re.compile(r"(?P<prefix>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")


class GgufModel(msgspec.Struct, frozen=True, kw_only=True):
    """All parts of a model together; metadata is the first part's, tensors are of all."""

    paths: tuple[Path, ...]
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]
    size_bytes: int

    @property
    def architecture(self) -> str | None:
        return self.text("general.architecture")

    def text(self, key: str) -> str | None:
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def number(self, key: str) -> int | None:
        """A whole number of the metadata; None where it is absent or of another kind."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_model(path: Path) -> GgufModel:
    """Read the headers of a model's files; any part of a split one stands for all.

    Raises a ModelFileError that names the file, or the missing part.
    """
    header, size_bytes = _read(path)
    count = header.metadata.get("split.count", 0)
    if not isinstance(count, int) or not 0 <= count <= MAX_PARTS:
        raise CorruptFile(f"{path} is damaged: it is one of {count} parts. Download it again.")
    if count <= 1:
        return GgufModel(
            paths=(path,),
            metadata=header.metadata,
            tensors=header.tensors,
            size_bytes=size_bytes,
        )
    paths = _part_paths(path, count)
    parts = [_read(part) for part in paths]
    model = GgufModel(
        paths=paths,
        metadata=parts[0][0].metadata,
        tensors=tuple(tensor for part, _ in parts for tensor in part.tensors),
        size_bytes=sum(size for _, size in parts),
    )
    announced = header.metadata.get("split.tensors.count", len(model.tensors))
    if announced != len(model.tensors):
        raise CorruptFile(
            f"The {count} parts of {paths[0]} hold {len(model.tensors)} tensors, not {announced}: "
            "they do not belong together. Download all parts again."
        )
    return model


def part_number(name: str) -> tuple[int, int] | None:
    """Which part of how many a file's name says it is; None for an unsplit file."""
    match = _PART.fullmatch(name)
    return (int(match["number"]), int(match["count"])) if match else None


def _part_paths(path: Path, count: int) -> tuple[Path, ...]:
    match = _PART.fullmatch(path.name)
    if match is None or int(match["count"]) != count:
        raise CorruptFile(
            f"{path} is one of {count} parts, but llama.cpp finds them only under names like "
            f"model-00001-of-{count:05}.gguf. Give the parts their own names again."
        )
    paths = tuple(
        path.with_name(f"{match['prefix']}-{number:05}-of-{count:05}.gguf")
        for number in range(1, count + 1)
    )
    for part in paths:
        if not part.exists():
            raise MissingFile(
                f"{part} is missing: {path.name} is one of {count} parts, and all of them are "
                "needed in one folder. Download the missing part."
            )
    return paths


def _read(path: Path) -> tuple[Header, int]:
    with FileSource(path) as source:
        return read_header(source), source.size
