"""How the tables of the hub's side look."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from gui.models.verdict_delegate import VerdictDelegate
from gui.theme import Theme


def hub_table(
    theme: Theme, model: QAbstractItemModel, name: str, characters: Sequence[int]
) -> QTableView:
    """One row at a time can be chosen; the first column takes what is left."""
    table = QTableView()
    table.setAccessibleName(name)
    table.setModel(model)
    table.setItemDelegate(VerdictDelegate(theme, table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(theme.lines(1.9))
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for column, width in enumerate(characters):
        table.setColumnWidth(column, theme.characters(width))
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table
