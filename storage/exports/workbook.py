"""Sessions as an Excel workbook: numbers as numbers, text as text and never as a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from engine.contract import Session
from storage.exports.report import report
from storage.exports.rows import COLUMNS, Value, prompt_text, rows
from storage.exports.sheets import further_sheets

_LONGEST_CELL: Final = 32_767
_CUT: Final = " … (cut: a cell holds no more)"


def workbook(sessions: Sequence[Session]) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "nan_inf_to_errors": True})
    book.set_properties({"title": sessions[0].title[:255], "comments": "Made with Steelyard"})
    book.set_properties({"created": sessions[0].created.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for name, head, lines, widths in (
        ("Summary", *_summary(sessions)),
        ("Replies", COLUMNS, rows(sessions), {"text": 60, "prompt": 40, "title": 30}),
        ("Cases", ("session", "case", "prompt"), _cases(sessions), {"prompt": 80}),
        ("Settings", ("session", "what", "value"), _settings(sessions), {"value": 90}),
    ):
        _fill(book.add_worksheet(name), head, lines, widths, bold)
    for name, head, found in further_sheets(sessions):
        _fill(book.add_worksheet(name), head, found, {"reason": 60, "evidence": 40}, bold)
    book.close()
    return content.getvalue()


def _fill(
    sheet: Worksheet,
    head: Sequence[str],
    lines: Iterable[Sequence[Value]],
    widths: dict[str, int],
    bold: Any,
) -> None:
    """The head stays in view and carries filters."""
    sheet.write_row(0, 0, head, bold)
    n_lines = 0
    for n_lines, line in enumerate(lines, 1):
        for column, value in enumerate(line):
            _write(sheet, n_lines, column, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(n_lines, 1), len(head) - 1)
    for column, name in enumerate(head):
        sheet.set_column(column, column, widths.get(name, max(12, min(28, len(name) + 4))))


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


def _summary(
    sessions: Sequence[Session],
) -> tuple[tuple[str, ...], list[tuple[Value, ...]], dict[str, int]]:
    """A line a contender with its medians; the columns are all that some session has."""
    reports = [report(session) for session in sessions]
    keys = tuple(dict.fromkeys(column.key for shown in reports for column in shown.columns))
    lines: list[tuple[Value, ...]] = []
    for shown in reports:
        values = {column.key: column.cells for column in shown.columns}
        for position, contender in enumerate(shown.contenders):
            figures = (values[key][position].value if key in values else None for key in keys)
            lines.append((shown.id, shown.title, contender.name, contender.model, *figures))
    head = ("session", "title", "contender", "model", *keys)
    return head, lines, {"title": 40, "contender": 30, "model": 36}


def _cases(sessions: Sequence[Session]) -> Iterable[tuple[Value, ...]]:
    return (
        (session.id, case.id, prompt_text(case)) for session in sessions for case in session.cases
    )


def _settings(sessions: Sequence[Session]) -> Iterable[tuple[Value, ...]]:
    for session in sessions:
        for fact in report(session).measured:
            yield (session.id, fact.name, fact.text)
