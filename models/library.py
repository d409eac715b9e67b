"""Which model files lie in the user's folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from models.gguf.files import part_number


def model_paths(folders: Iterable[Path]) -> Iterator[Path]:
    """Every GGUF file in and below these folders; of a split model only the first part."""
    for folder in folders:
        for path in sorted(folder.rglob("*.gguf")):
            part = part_number(path.name)
            if path.is_file() and (part is None or part[0] == 1):
                yield path
