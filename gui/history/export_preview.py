"""Shows what an exported file would hold: its text, its first page, or its sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QPlainTextEdit,
    QStackedWidget,
    QTabBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.history.page_preview import PagePreview
from gui.theme import Theme

if TYPE_CHECKING:
    from storage.exports.book import SheetPart
    from storage.exports.rows import Value

_MOST_OF_A_CELL: Final = 200


class ExportPreview(QStackedWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit(self)
        self.text.setProperty("look", "entry")
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Preview")
        self.text.setFont(theme.mono(theme.type.small))
        self.text.setMinimumSize(theme.characters(80), theme.lines(22))
        self.page = PagePreview(self)
        self.sheets = SheetsPreview(theme, self)
        for each in (self.text, self.page, self.sheets):
            self.addWidget(each)

    def show_preview(self, shown: str | bytes | Sequence[SheetPart]) -> None:
        """Text, the picture of a page, or the first lines of sheets."""
        if isinstance(shown, bytes):
            self.page.show_picture(shown)
            self.setCurrentWidget(self.page)
        elif isinstance(shown, str):
            self.text.setPlainText(shown)
            self.setCurrentWidget(self.text)
        else:
            self.sheets.show_sheets(shown)
            self.setCurrentWidget(self.sheets)


class SheetsPreview(QWidget):
    """One sheet at a time, chosen below it as in a spreadsheet."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sheets: tuple[SheetPart, ...] = ()
        self.table = QTableWidget(self)
        self.table.setAccessibleName("Preview: a sheet")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().setDefaultSectionSize(theme.lines(1.6))
        self.tabs = QTabBar(self)
        self.tabs.setAccessibleName("Sheets of the workbook")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.currentChanged.connect(self._show_one)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addWidget(self.table, 1)
        column.addWidget(self.tabs)

    def show_sheets(self, sheets: Sequence[SheetPart]) -> None:
        """The sheet that was looked at stays in sight, if it is there again."""
        before = self.tabs.tabText(self.tabs.currentIndex())
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        self._sheets = tuple(sheets)
        for part in self._sheets:
            self.tabs.addTab(part.name)
        self.tabs.blockSignals(False)
        names = [part.name for part in self._sheets]
        place = names.index(before) if before in names else 0
        self.tabs.setCurrentIndex(place)
        self._show_one(place)

    def _show_one(self, place: int) -> None:
        part = self._sheets[place]
        lines = list(part.lines)
        self.table.clear()
        self.table.setColumnCount(len(part.head))
        self.table.setRowCount(len(lines))
        self.table.setHorizontalHeaderLabels(part.head)
        for row, line in enumerate(lines):
            for column, value in enumerate(line):
                self.table.setItem(row, column, _cell(value))
        for column, name in enumerate(part.head):
            width = max(part.widths.get(name, 0), len(name) + 4)
            self.table.setColumnWidth(column, self._theme.characters(min(width, 50)))


def _cell(value: Value) -> QTableWidgetItem:
    """Numbers at the right, as a spreadsheet has them."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    item = QTableWidgetItem(_words(value))
    if is_number:
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _words(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return " ".join(str(value)[:_MOST_OF_A_CELL].split())
