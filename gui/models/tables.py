"""How the tables of the Models page look."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from gui.models.verdict_delegate import VerdictDelegate
from gui.theme import Theme


def show_in(table: QTableView, model: QAbstractItemModel, name: str, theme: Theme) -> None:
    """Whole rows of one line each; a model's verdict has its colour."""
    table.setAccessibleName(name)
    table.setModel(model)
    table.setItemDelegate(VerdictDelegate(theme, table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
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


def hub_table(
    theme: Theme, model: QAbstractItemModel, name: str, characters: Sequence[int]
) -> QTableView:
    """One row at a time can be chosen; the first column takes what is left."""
    table = QTableView()
    show_in(table, model, name, theme)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    for column, width in enumerate(characters):
        table.setColumnWidth(column, theme.characters(width))
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table
