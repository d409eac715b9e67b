"""Rows of a name and a value, to be read and copied."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.clipboard import table_words
from gui.theme import Theme
from gui.widgets.copy_menu import offer_cells
from gui.widgets.labels import label


class RowsView(QWidget):
    def __init__(
        self, theme: Theme, rows: Sequence[tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        offer_cells(self, "the rows", partial(table_words, ("", ""), tuple(rows)), lambda: "")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.space.l)
        grid.setVerticalSpacing(theme.space.xs)
        grid.setColumnMinimumWidth(0, theme.characters(20))
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        for row, (name, value) in enumerate(rows):
            shown = label(value, "small", wrap=True, selectable=True, parent=self)
            grid.addWidget(label(name, "small-muted", parent=self), row, 0, top)
            grid.addWidget(shown, row, 1, top)
