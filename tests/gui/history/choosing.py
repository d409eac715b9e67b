"""Choosing rows of the list, as a click does."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel
from pytestqt.qtbot import QtBot

from gui.app import Desk


def choose(qtbot: QtBot, desk: Desk, *rows: int) -> None:
    selection = desk.history_page.table.selectionModel()
    flags = QItemSelectionModel.SelectionFlag
    selection.setCurrentIndex(desk.history.table.index(rows[0], 0), flags.NoUpdate)
    selection.clearSelection()
    for row in rows:
        selection.select(desk.history.table.index(row, 0), flags.Select | flags.Rows)
    assert len(desk.history.chosen) == len(rows)
    if len(rows) == 1:
        title = desk.history.table.summaries[rows[0]].title
        qtbot.waitUntil(lambda: desk.history_page.details.title.text() == title)
