"""Sessions as CSV (RFC 4180) in UTF-8, with the mark by which spreadsheets know that."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from engine.contract import Session
from storage.exports.rows import COLUMNS, Value, rows

_FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP, "CSV Injection": a cell that begins so is run as a formula by a spreadsheet."""


def csv_table(sessions: Sequence[Session]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows(sessions):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text
