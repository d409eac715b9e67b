"""A table of figures that is as high as its rows: a model of cells, and its view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView, QWidget

from gui.theme import Theme
from gui.widgets.copy_menu import offer_table

SORT_ROLE: Final = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()


@dataclass(frozen=True)
class Column:
    title: str
    hint: str = ""
    is_text: bool = False


def named(name: str, characters: int = 18) -> Column:
    """A column for a model: the end of a long name, which tells its quantization."""
    title = name if len(name) <= characters else f"…{name[1 - characters :]}"
    return Column(title, name)


@dataclass(frozen=True)
class Cell:
    """value: what the column is sorted by; None goes last."""

    text: str
    value: float | str | None = None
    hint: str = ""


class FiguresModel(QAbstractTableModel):
    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._rows: tuple[tuple[Cell, ...], ...] = ()

    def show_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Rows in number as before are changed where they stand, so that a selection is kept."""
        new = tuple(tuple(row) for row in rows)
        if len(new) == len(self._rows):
            self._rows = new
            if new:
                last = self.index(len(new) - 1, len(self._columns) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._rows = new
        self.endResetModel()

    def show_columns(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        self.beginResetModel()
        self._columns = tuple(columns)
        self._rows = tuple(tuple(row) for row in rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        cell = self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == SORT_ROLE:
            return cell.text if cell.value is None else cell.value
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.hint or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.hint or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft
        if not self._columns[column].is_text:
            side = Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter


class FiguresTable(QTableView):
    """As high as its rows, up to `most_lines`; the first column takes what width is left."""

    def __init__(
        self,
        theme: Theme,
        model: QAbstractTableModel,
        name: str,
        *,
        most_lines: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._most_lines = most_lines
        self.setAccessibleName(name)
        self.setProperty("look", "plain")
        self.setModel(model)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows, heads = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(theme.lines(1.7))
        heads.setHighlightSections(False)
        heads.setSectionsClickable(False)
        heads.setMinimumHeight(theme.lines(1.8))
        font = heads.font()
        font.setWeight(QFont.Weight.DemiBold)
        heads.setFont(font)
        model.modelReset.connect(self.fit)
        offer_table(self)
        self.fit()

    def fit(self) -> None:
        """Take the height of the rows, and set the columns out."""
        count = self.model().columnCount()
        heads = self.horizontalHeader()
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        if count:
            heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        rows = self.model().rowCount()
        if self._most_lines:
            rows = min(rows, self._most_lines)
        high = rows * self.verticalHeader().defaultSectionSize() + heads.minimumHeight()
        self.setFixedHeight(high + 2 * self.frameWidth() + self._theme.space.xs)
