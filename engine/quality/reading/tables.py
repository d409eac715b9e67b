"""Tables of cases: CSV with commas, semicolons or tabs, as spreadsheets save them."""

from __future__ import annotations

import csv
import io
from typing import Final

from engine.quality.reading.located import Document, LocatedDict, LocatedList

MOST_COLUMNS: Final = 200
DELIMITERS: Final = (",", ";", "\t")


class TableFault(Exception):
    """A table that cannot be read."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def read_table(file: str, text: str) -> Document:
    """The rows as mappings from column to text; raises TableFault."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows = LocatedList()
    columns: list[str] = []
    line = 1
    try:
        for cells in reader:
            first_line, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns:
                rows.append(_row(columns, cells, first_line))
                rows.lines.append(first_line)
            else:
                columns = _columns(cells, first_line)
    except csv.Error as e:
        raise TableFault(reader.line_num, f"it is no table: {e}") from e
    return Document(file=file, value=rows, is_table=True)


def _delimiter(text: str) -> str:
    head = text.lstrip("\r\n").split("\n", 1)[0]
    return max(DELIMITERS, key=head.count)


def _columns(cells: list[str], line: int) -> list[str]:
    columns = [cell.strip() for cell in cells]
    if len(columns) > MOST_COLUMNS:
        raise TableFault(line, f"it has more than {MOST_COLUMNS} columns")
    if "" in columns:
        raise TableFault(line, f"column {columns.index('') + 1} has no name")
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise TableFault(line, f"two columns are called “{twice}”")
    return columns


def _row(columns: list[str], cells: list[str], line: int) -> LocatedDict:
    if len(cells) > len(columns):
        raise TableFault(line, f"it has {len(cells)} cells for {len(columns)} columns")
    row = LocatedDict()
    for name, cell in zip(columns, cells, strict=False):
        row[name] = cell
        row.lines[name] = line
    return row
