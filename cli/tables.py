"""Tables that lose nothing where the terminal is narrow: then each row becomes a few lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Column, Table
from rich.text import Text

from cli.terminal import clean_line, words

_FOLDED: Final = 16
"""A text that may be broken is read well from this width on."""


def print_table(console: Console, table: Table) -> None:
    """The table where its figures have room, else each row under its first cell."""
    if table_fits(console, table):
        console.print(table)
        return
    heads = [clean_line(_plain(column.header)) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        first, *others = (clean_line(_plain(cell)) for cell in row)
        told = zip(heads[1:], others, strict=True)
        console.print(words(first, "bold"))
        console.print(words("  " + " · ".join(f"{head} {cell}" for head, cell in told if cell)))


def table_fits(console: Console, table: Table) -> bool:
    """Whether nothing that has to stay whole would be cut."""
    _, right, _, left = table.padding
    gap = right + left + (1 if table.box is not None else 0)
    needed = sum(_least(column) + gap for column in table.columns) - gap
    return needed <= console.width


def _least(column: Column) -> int:
    """A column that has a ratio may be cut, one that wraps folded; every other one stays whole."""
    if column.no_wrap and column.ratio is None:
        return max(column.min_width or 0, _widest(column, str.splitlines))
    return column.min_width or min(_FOLDED, _widest(column, str.split))


def _widest(column: Column, parted: Callable[[str], list[str]]) -> int:
    cells: Iterable[RenderableType] = (column.header, *column.cells)
    return max((cell_len(part) for cell in cells for part in parted(_plain(cell))), default=0)


def _plain(cell: RenderableType) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)
