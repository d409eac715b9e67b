"""A repository's files as what one can choose: quantizations with all parts, and what goes with them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final, Literal

import msgspec

from models import ggml
from models.gguf.files import part_number

Kind = Literal["model", "mmproj", "imatrix", "adapter"]

_NAMES: Final = sorted({*ggml.FILE_TYPES.values(), "MXFP4"}, key=len, reverse=True)
# Makers put a prefix or suffix of their own to the type's name: UD-Q4_K_XL, Q4_K_M_L, IQ4_XS_R4.
_QUANTIZATION: Final = re.compile(
    rf"(?<![A-Za-z0-9])((?:UD-)?(?:{'|'.join(_NAMES)}|I?Q\d_K_(?:XS|S|M|L|XL|XXL))(?:_(?:XS|S|M|L|XL|XXL|R\d))*)"
    r"(?![A-Za-z0-9_])",
    re.IGNORECASE,
)


class HubFile(msgspec.Struct, frozen=True, kw_only=True):
    """`sha256` is None for a file outside large file storage."""

    name: str
    size_bytes: int
    sha256: str | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Files that are only of use together; `missing` parts make it useless."""

    label: str
    kind: Kind
    quantization: str | None
    files: tuple[HubFile, ...]
    missing: int = 0

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Models first, smallest first; `other_files` cannot be used here."""

    choices: tuple[Choice, ...]
    other_files: int


def listing_of(files: Iterable[HubFile]) -> Listing:
    groups: dict[str, list[HubFile]] = {}
    others = 0
    for file in files:
        kind = _kind(file.name)
        if kind is None:
            others += 1
            continue
        part = part_number(PurePosixPath(file.name).name)
        key = file.name[: -len("-00001-of-00002.gguf")] + f"*{part[1]}" if part else file.name
        groups.setdefault(key, []).append(file)
    choices = [_choice(group) for group in groups.values()]
    order = {"model": 0, "mmproj": 1, "adapter": 2, "imatrix": 3}
    choices.sort(key=lambda choice: (order[choice.kind], choice.size_bytes, choice.label))
    return Listing(choices=tuple(choices), other_files=others)


def quantization_of(name: str) -> str | None:
    """The quantization that a file's name, or else its folder's, tells of."""
    path = PurePosixPath(name)
    for text in (path.name, path.parent.name):
        matches = _QUANTIZATION.findall(text)
        if matches:
            return str(matches[-1]).upper()
    return None


def _choice(group: list[HubFile]) -> Choice:
    files = tuple(sorted(group, key=lambda file: file.name))
    first = files[0].name
    part = part_number(PurePosixPath(first).name)
    kind = _kind(first) or "model"
    stem = first[: -len("-00001-of-00002.gguf")] if part else first.removesuffix(".gguf")
    return Choice(
        label=stem,
        kind=kind,
        quantization=quantization_of(first) if kind in {"model", "mmproj"} else None,
        files=files,
        missing=part[1] - len(files) if part else 0,
    )


def _kind(name: str) -> Kind | None:
    base = PurePosixPath(name).name.lower()
    if "imatrix" in base and base.endswith((".gguf", ".dat")):
        return "imatrix"
    if not base.endswith(".gguf"):
        return None
    if "mmproj" in base:
        return "mmproj"
    return "adapter" if re.search(r"(^|[-_.])lora([-_.]|$)", base) else "model"
