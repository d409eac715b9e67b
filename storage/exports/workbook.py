"""Sessions as an Excel workbook: numbers as numbers, text as text and never as a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from engine.contract import Session
from storage.exports.book import SheetPart, sheets
from storage.exports.rows import Value

_LONGEST_CELL: Final = 32_767
_CUT: Final = " … (cut: a cell holds no more)"


def workbook(sessions: Sequence[Session]) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "nan_inf_to_errors": True})
    book.set_properties({"title": sessions[0].title[:255], "comments": "Made with Steelyard"})
    book.set_properties({"created": sessions[0].created.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for part in sheets(sessions):
        _fill(book.add_worksheet(part.name), part, bold)
    book.close()
    return content.getvalue()


def _fill(sheet: Worksheet, part: SheetPart, bold: Any) -> None:
    """The head stays in view and carries filters."""
    sheet.write_row(0, 0, part.head, bold)
    n_lines = 0
    for n_lines, line in enumerate(part.lines, 1):
        for column, value in enumerate(line):
            _write(sheet, n_lines, column, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(n_lines, 1), len(part.head) - 1)
    for column, name in enumerate(part.head):
        sheet.set_column(column, column, part.widths.get(name, max(12, min(28, len(name) + 4))))


def _write(sheet: Worksheet, line: int, column: int, value: Value) -> None:
    """As what it is: the library's own guessing would take some texts for formulas or links."""
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(line, column, value)
    elif value is not None:
        if len(value) > _LONGEST_CELL:
            value = value[: _LONGEST_CELL - len(_CUT)] + _CUT
        sheet.write_string(line, column, value)
