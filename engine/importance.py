"""An importance matrix as it lies in a file: how much each input of each weight matters.

For every matrix that llama.cpp multiplied by while it read a text, the squares of its inputs are summed
and later divided by how many tokens went in. Quantizing then spends its precision where they are large.
"""

from __future__ import annotations

import msgspec


class ImportanceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """`values` float32 at `offset` of the file, cut into as many equal parts as there are divisors.

    A part of a divisor 0 stands for an expert that no token went through: all its inputs count the same.
    """

    name: str
    offset: int
    values: int
    divisors: tuple[int, ...]


class ImportanceMatrix(msgspec.Struct, frozen=True, kw_only=True):
    """recorded_as: what a file that is quantized with it calls it; chunks 0: not known."""

    path: str
    recorded_as: str
    dataset: str | None
    chunks: int
    entries: tuple[ImportanceEntry, ...]
