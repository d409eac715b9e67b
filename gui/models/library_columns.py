"""The columns of the library's table, and what is known of a row by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from PySide6.QtCore import Qt

from gui.figures import parameters, significant, size, thousands

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from models.library import Entry

    Item: TypeAlias = "Entry | Unusable"


@dataclass(frozen=True)
class Unusable:
    """A file that is no model, and the sentence that says why; app: whose folder it lies in."""

    path: Path
    app: str
    sentence: str


class Column(IntEnum):
    NAME = 0
    FIT = 1
    SPEED = 2
    SIZE = 3
    QUANTIZATION = 4
    BITS = 5
    PARAMETERS = 6
    CONTEXT = 7
    ARCHITECTURE = 8
    TEMPLATE = 9
    USED = 10
    PLACE = 11


TITLES: Final = {
    Column.NAME: "Name",
    Column.FIT: "Fit",
    Column.SPEED: "Measured",
    Column.SIZE: "Size",
    Column.QUANTIZATION: "Quantization",
    Column.BITS: "Bits",
    Column.PARAMETERS: "Parameters",
    Column.CONTEXT: "Context",
    Column.ARCHITECTURE: "Architecture",
    Column.TEMPLATE: "Template",
    Column.USED: "Last used",
    Column.PLACE: "Where",
}
TIPS: Final = {
    Column.FIT: "Whether it fits this machine in the settings above",
    Column.BITS: "Bits per weight, over all tensors",
    Column.CONTEXT: "The context that it was trained for, in tokens",
    Column.TEMPLATE: "Whether the file has a chat template; base models have none",
    Column.SPEED: "How fast it generated on this machine, in the newest session that tells",
    Column.USED: "When the newest session with it on this machine was made",
    Column.PLACE: "Whose folder it lies in",
}
SEARCHED: Final = (
    Column.NAME,
    Column.QUANTIZATION,
    Column.ARCHITECTURE,
    Column.PARAMETERS,
    Column.PLACE,
)
NUMERIC: Final = frozenset(
    {Column.SIZE, Column.BITS, Column.PARAMETERS, Column.CONTEXT, Column.SPEED}
)


RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def path_of(item: Item) -> Path:
    return item.path if isinstance(item, Unusable) else item.places[0].path


def places(entry: Entry) -> str:
    """Whose folders hold it."""
    return ", ".join(dict.fromkeys(place.app for place in entry.places))


def _context(entry: Entry) -> str:
    n_ctx = entry.details.model.n_ctx_train
    return thousands(n_ctx) if n_ctx else ""


def _bits(entry: Entry) -> str:
    bits = entry.details.model.bits_per_weight
    return significant(bits) if bits else ""


def _parameters(entry: Entry) -> str:
    number = entry.details.model.parameters
    return parameters(number) if number else ""


TEXTS: Final[dict[Column, Callable[[Entry], str]]] = {
    Column.NAME: lambda entry: entry.name,
    Column.SIZE: lambda entry: size(entry.details.model.size_bytes),
    Column.QUANTIZATION: lambda entry: entry.details.model.quantization or "",
    Column.BITS: _bits,
    Column.PARAMETERS: _parameters,
    Column.CONTEXT: _context,
    Column.ARCHITECTURE: lambda entry: entry.details.model.architecture or "",
    Column.TEMPLATE: lambda entry: (
        "chat" if entry.details.model.has_chat_template else "none (base)"
    ),
}
"""Of the columns that tell of the file alone."""
