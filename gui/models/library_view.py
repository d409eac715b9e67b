"""The library as a table that can be searched, filtered and sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.figures import count
from gui.models.library_columns import Column
from gui.models.library_filter import SHOWN, LibraryFilter
from gui.models.library_model import LibraryModel, LibraryRole
from gui.models.tables import show_in
from gui.theme import Theme
from gui.widgets.buttons import IconButton
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import label

if TYPE_CHECKING:
    from gui.models.library_columns import Item

_WIDTHS: Final = {
    Column.NAME: 38,
    Column.FIT: 24,
    Column.SPEED: 15,
    Column.SIZE: 12,
    Column.QUANTIZATION: 18,
    Column.BITS: 10,
    Column.PARAMETERS: 17,
    Column.CONTEXT: 13,
    Column.ARCHITECTURE: 17,
    Column.TEMPLATE: 15,
    Column.USED: 18,
    Column.PLACE: 33,
}
_NOTHING: Final = (
    "No models were found in Steelyard's own folder, nor in those of LM Studio, Ollama, Jan, GPT4All, "
    "Hugging Face and llama.cpp. Add files or a folder, or search the hub."
)


class LibraryTable(QTableView):
    """The names take what the other columns leave."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        header = self.horizontalHeader()
        others = header.length() - header.sectionSize(Column.NAME)
        least = self.fontMetrics().averageCharWidth() * _WIDTHS[Column.NAME]
        header.resizeSection(Column.NAME, max(least, self.viewport().width() - others))


class LibraryView(QWidget):
    chosen = Signal(object)
    """The Items whose rows are selected."""
    compare_wanted = Signal()
    rescan_wanted = Signal()

    def __init__(self, theme: Theme, model: LibraryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._filter = LibraryFilter(model, self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search name, architecture, quantization")
        self.search.setAccessibleName("Search the models on this machine")
        self.search.setClearButtonEnabled(True)
        self.shown = ChoiceField(SHOWN, "all", self)
        self.shown.setAccessibleName("Which models are shown")
        self.nothing = label(_NOTHING, "muted", wrap=True, parent=self)
        self.count = label("", "muted", parent=self)
        self.rescan = IconButton(theme, "again", "Look for models again", self)
        self.table = self._make_table()
        self._lay_out()
        self.search.textChanged.connect(self._filter.search)
        self.shown.currentIndexChanged.connect(self._show_kind)
        self.rescan.clicked.connect(self.rescan_wanted)
        self.table.selectionModel().selectionChanged.connect(self._tell_chosen)
        self.table.activated.connect(self.compare_wanted)
        for signal in (
            self._filter.rowsInserted,
            self._filter.rowsRemoved,
            self._filter.modelReset,
        ):
            signal.connect(self._show_count)
        self._show_count()

    def select(self, items: tuple[Item, ...]) -> None:
        """Mark the rows of these, as far as they are shown; else the first row."""
        selection = self.table.selectionModel()
        flags = QItemSelectionModel.SelectionFlag
        found = [self._filter.mapFromSource(index) for index in self._model.indexes_of(items)]
        chosen = [index for index in found if index.isValid()]
        if not chosen and self._filter.rowCount():
            chosen = [self._filter.index(0, 0)]
        for index in chosen:
            selection.select(index, flags.Select | flags.Rows)
        if chosen:
            selection.setCurrentIndex(chosen[0], flags.NoUpdate)

    def _make_table(self) -> QTableView:
        table = LibraryTable(self)
        show_in(table, self._filter, "Models on this machine", self._theme)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        header = table.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        table.setSortingEnabled(True)
        table.sortByColumn(Column.NAME, Qt.SortOrder.AscendingOrder)
        for column, characters in _WIDTHS.items():
            table.setColumnWidth(column, self._theme.characters(characters))
        return table

    def _lay_out(self) -> None:
        space = self._theme.space
        row = QHBoxLayout()
        row.setSpacing(space.s)
        row.addWidget(self.search, 1)
        row.addWidget(self.shown)
        row.addWidget(self.count)
        row.addWidget(self.rescan)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.s)
        column.addLayout(row)
        column.addWidget(self.nothing)
        column.addWidget(self.table, 1)

    def _show_kind(self) -> None:
        self._filter.show_only(self.shown.choice)

    def _show_count(self) -> None:
        self.nothing.setVisible(self._filter.sourceModel().rowCount() == 0)
        self.count.setText(count(self._filter.rowCount(), "model"))

    def _tell_chosen(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        self.chosen.emit(tuple(index.data(LibraryRole.ITEM) for index in rows))
