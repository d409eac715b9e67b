"""The list itself: rows under their days, and under each row the words that a search found."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextLayout,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
    QWidget,
)

from gui.history import words
from gui.history.table_model import Column, TableModel
from gui.theme import Theme
from storage.summary import Hit, SessionSummary

AnyIndex = QModelIndex | QPersistentModelIndex
_CELL: Final = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class SessionTable(QTableView):
    """Draws its rows itself: a day and an excerpt reach across the columns.

    Only rows that begin a day are measured: asking for the height of each of 2,000 rows took half a second.
    """

    choice_changed = Signal()
    open_wanted = Signal()
    star_wanted = Signal(str, bool)
    delete_wanted = Signal()

    def __init__(self, theme: Theme, model: TableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._table = model
        self._kept: tuple[set[str], str | None, int] = (set(), None, 0)
        self._restoring = False
        self.setProperty("look", "plain")
        self.setAccessibleName("Sessions")
        self.setModel(model)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._dress_header()
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._bring_back)
        model.rowsInserted.connect(self._measure_new)
        self.selectionModel().selectionChanged.connect(self._tell_choice)
        theme.changed.connect(self.viewport().update)

    def chosen(self) -> list[str]:
        """Ids of the chosen rows, from top to bottom."""
        selected = self.selectionModel().selection()
        ranges = [selected.at(n) for n in range(selected.count())]
        rows = {row for part in ranges for row in range(part.top(), part.bottom() + 1)}
        return [self._table.summaries[row].id for row in sorted(rows)]

    def fit_dates(self, by_day: bool) -> None:
        """Under its day a row shows the time alone."""
        self.horizontalHeader().resizeSection(
            Column.WHEN, self._theme.characters(10 if by_day else 21)
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.open_wanted.emit()
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.delete_wanted.emit()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == Column.STAR:
            summary = self._table.summaries[index.row()]
            self.star_wanted.emit(summary.id, not summary.starred)
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() != Column.STAR:
            self.open_wanted.emit()

    # Drawing -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        row, lowest = self.rowAt(event.rect().top()), event.rect().bottom()
        while 0 <= row < self._table.rowCount():
            top = self.rowViewportPosition(row)
            if top > lowest:
                break
            self._draw_row(
                painter, QRect(0, top, self.viewport().width(), self.rowHeight(row)), row
            )
            row += 1
        painter.end()

    def _draw_row(self, painter: QPainter, box: QRect, row: int) -> None:
        summary, day, theme = self._table.summaries[row], self._table.days[row], self._theme
        if day is not None:
            band = QRect(box.x(), box.y(), box.width(), day_height(theme))
            inner = band.adjusted(theme.space.s, 0, 0, 0)
            self._write(painter, inner, day, theme.colours.muted, 600)
            box.setTop(band.bottom() + 1)
        self._draw_ground(painter, box, row)
        line = QRect(box.x(), box.y(), box.width(), row_height(theme))
        for column in Column:
            self._draw_cell(painter, line, self._table.index(row, column), summary)
        if summary.hit is not None:
            left = self.columnViewportPosition(Column.TITLE) + theme.space.s
            below = QRect(left, line.bottom() + 1, box.width() - left, excerpt_height(theme))
            self._draw_hit(painter, below, summary.hit)

    def _draw_ground(self, painter: QPainter, box: QRect, row: int) -> None:
        colours = self._theme.colours
        chosen = self.selectionModel().isRowSelected(row, QModelIndex())
        if chosen:
            painter.fillRect(box, QColor(colours.accent_soft))
        painter.fillRect(box.x(), box.bottom(), box.width(), 1, QColor(colours.border))
        if self.hasFocus() and self.currentIndex().row() == row:
            painter.setPen(QColor(colours.accent))
            painter.drawRect(box.adjusted(0, 0, -1, -1))

    def _draw_cell(
        self, painter: QPainter, line: QRect, index: AnyIndex, summary: SessionSummary
    ) -> None:
        column, space, colours = Column(index.column()), self._theme.space, self._theme.colours
        if self.isColumnHidden(column):
            return
        left, width = self.columnViewportPosition(column), self.columnWidth(column)
        cell = QRect(left + space.s, line.y(), width - 2 * space.s, line.height())
        colour = colours.text if column == Column.TITLE else colours.muted
        if column == Column.STAR and summary.starred:
            colour = colours.warning
        if column == Column.STATUS and summary.status in {"interrupted", "running"}:
            colour = colours.warning
        self._write(
            painter, cell, str(index.data()), colour, 500 if column == Column.TITLE else 400
        )

    def _write(self, painter: QPainter, box: QRect, text: str, colour: str, weight: int) -> None:
        font = QFont(self.font())
        font.setWeight(QFont.Weight(weight))
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elide = Qt.TextElideMode.ElideRight
        painter.drawText(box, _CELL, QFontMetrics(font).elidedText(text, elide, box.width()))

    def _draw_hit(self, painter: QPainter, box: QRect, hit: Hit) -> None:
        """The place, then its words in one line with what was searched for marked."""
        colours = self._theme.colours
        begin = f"{words.place(hit)}: "
        layout = QTextLayout(
            begin + "".join(part.text for part in hit.excerpt), _small(self._theme, self.font())
        )
        mark = QTextCharFormat()
        mark.setBackground(QColor(colours.warning_soft))
        mark.setForeground(QColor(colours.text))
        mark.setFontWeight(QFont.Weight.DemiBold)
        formats, at = [], len(begin)
        for part in hit.excerpt:
            if part.hit:
                stretch = QTextLayout.FormatRange()
                stretch.start, stretch.length, stretch.format = at, len(part.text), mark
                formats.append(stretch)
            at += len(part.text)
        layout.setFormats(formats)
        layout.beginLayout()
        layout.createLine().setLineWidth(100_000)
        layout.endLayout()
        painter.setClipRect(box)
        painter.setPen(QColor(colours.muted))
        layout.draw(painter, box.topLeft().toPointF())
        painter.setClipping(False)

    # -------------------------------------------------------------------------------------------

    def _dress_header(self) -> None:
        header, theme = self.horizontalHeader(), self._theme
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(Column.WHEN, Qt.SortOrder.DescendingOrder)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(theme.characters(5))
        for column, n_characters in (
            (Column.STAR, 5),
            (Column.WHEN, 10),
            (Column.KIND, 13),
            (Column.REPLIES, 11),
            (Column.STATUS, 14),
            (Column.TAGS, 16),
        ):
            header.resizeSection(column, theme.characters(n_characters))
        for column in (Column.TITLE, Column.MODELS):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)

    def _tell_choice(self) -> None:
        if not self._restoring:
            self.choice_changed.emit()

    def _keep(self) -> None:
        """Remember what is chosen, for rows that are the same in another place."""
        current = self.currentIndex().row()
        there = 0 <= current < len(self._table.summaries)
        name = self._table.summaries[current].id if there else None
        self._kept = (set(self.chosen()), name, self.verticalScrollBar().value())

    def _bring_back(self) -> None:
        chosen, current, scrolled = self._kept
        self._measure()
        self._restoring = True
        flags = QItemSelectionModel.SelectionFlag
        again = QItemSelection()
        for row, summary in enumerate(self._table.summaries):
            if summary.id in chosen:
                again.select(self._table.index(row, 0), self._table.index(row, Column.TAGS))
            if summary.id == current:
                self.selectionModel().setCurrentIndex(self._table.index(row, 0), flags.NoUpdate)
        self.selectionModel().select(again, flags.ClearAndSelect)
        self._restoring = False
        self.verticalScrollBar().setValue(scrolled)
        if set(self.chosen()) != chosen:
            self.choice_changed.emit()

    def _measure(self) -> None:
        """Make all rows as high as most are, then those higher that begin a day."""
        rows = self._table.summaries
        searched = bool(rows) and rows[0].hit is not None
        usual = row_height(self._theme) + (excerpt_height(self._theme) if searched else 0)
        self.verticalHeader().setDefaultSectionSize(usual)
        self._measure_days(0)

    def _measure_new(self, _: QModelIndex, first: int) -> None:
        self._measure_days(first)

    def _measure_days(self, first: int) -> None:
        header = self.verticalHeader()
        usual = header.defaultSectionSize()
        higher = usual + day_height(self._theme)
        for row in range(first, self._table.rowCount()):
            wanted = usual if self._table.days[row] is None else higher
            # A reset leaves each row as high as the one that stood there before.
            if header.sectionSize(row) != wanted:
                header.resizeSection(row, wanted)


def row_height(theme: Theme) -> int:
    return theme.lines(1.9)


def day_height(theme: Theme) -> int:
    return theme.lines(2.2)


def excerpt_height(theme: Theme) -> int:
    return theme.lines(1.4)


def _small(theme: Theme, font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(theme.type.small)
    return small
