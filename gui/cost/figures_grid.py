"""The figures of a cost report: a row for each, a column for each contender."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from gui.cost.cost_words import Cell, Row
from gui.theme import Theme
from gui.widgets.labels import Badge, label

_RIGHT: Final = Qt.AlignmentFlag.AlignRight
_NAME: Final = 22


class FiguresGrid(QWidget):
    def __init__(
        self, theme: Theme, names: Sequence[str], rows: Sequence[Row], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.space.l)
        self._grid.setVerticalSpacing(theme.space.xs)
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(
            label("Likely, and from low to high", "small-muted", parent=self), 0, 0
        )
        for column, name in enumerate(names, start=1):
            self._grid.setColumnMinimumWidth(column, theme.characters(17))
            self._grid.setColumnStretch(column, 2)
            self._grid.addWidget(self._head(name), 0, column)
        for place, row in enumerate(rows):
            self._add_row(2 * place + 1, row)
        self._grid.setRowStretch(2 * len(rows) + 1, 1)

    def _head(self, name: str) -> QWidget:
        head = label(_in_lines(name), "strong", parent=self)
        head.setToolTip(escape(name))
        head.setAlignment(_RIGHT)
        return head

    def _add_row(self, at: int, row: Row) -> None:
        line = QFrame(self)
        line.setProperty("look", "line")
        line.setFixedHeight(1)
        self._grid.addWidget(line, at, 0, 1, self._grid.columnCount())
        title = label(row.title, "", wrap=True, parent=self)
        self._grid.addWidget(title, at + 1, 0, Qt.AlignmentFlag.AlignTop)
        for column, cell in enumerate(row.cells, start=1):
            self._grid.addWidget(self._cell(cell, strong=at == 1), at + 1, column)

    def _cell(self, cell: Cell, *, strong: bool) -> QWidget:
        made = QWidget(self)
        made.setProperty("look", "clear")
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if cell.mood is None:
            likely = label(cell.likely, "figure" if strong else "", selectable=True, parent=made)
            column.addWidget(likely, 0, _RIGHT)
        else:
            badge = Badge(made)
            badge.show_state(cell.likely, cell.mood)
            column.addWidget(badge, 0, _RIGHT)
        if cell.interval:
            column.addWidget(label(cell.interval, "small-muted", parent=made), 0, _RIGHT)
        return made


def _in_lines(name: str) -> str:
    """A long name with its last word, which tells the quantization, below the rest."""
    if len(name) <= _NAME:
        return name
    rest, _, last = name.rpartition(" ")
    return "\n".join(_shortened(each) for each in (rest, last) if each)


def _shortened(text: str) -> str:
    return text if len(text) <= _NAME else f"…{text[1 - _NAME :]}"
