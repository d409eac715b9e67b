"""The rows of the list: one session each, with the day on the first of each day."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from gui.figures import when
from gui.history import words
from storage.query import SortKey
from storage.summary import SessionSummary

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()


class Column(IntEnum):
    STAR = 0
    TITLE = 1
    WHEN = 2
    KIND = 3
    MODELS = 4
    REPLIES = 5
    STATUS = 6
    TAGS = 7


class Role(IntEnum):
    SUMMARY = Qt.ItemDataRole.UserRole
    SORT = Qt.ItemDataRole.UserRole + 1
    DAY = Qt.ItemDataRole.UserRole + 2


HEADERS: Final = ("★", "Title", "When", "Kind", "Models", "Replies", "Status", "Tags")
SORT_KEYS: Final[dict[Column, SortKey]] = {
    Column.STAR: "starred",
    Column.TITLE: "title",
    Column.WHEN: "created",
    Column.KIND: "kind",
    Column.MODELS: "models",
    Column.REPLIES: "n_replies",
    Column.STATUS: "status",
    Column.TAGS: "tags",
}


class TableModel(QAbstractTableModel):
    """SUMMARY gives the SessionSummary, SORT the raw value of a cell, DAY the day that begins here.

    It holds what it is given; `more_wanted` asks for the next rows.
    """

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[SessionSummary, ...] = ()
        self._more = False
        self._by_day = True
        self._days: tuple[str | None, ...] = ()

    @property
    def summaries(self) -> tuple[SessionSummary, ...]:
        return self._rows

    @property
    def days(self) -> tuple[str | None, ...]:
        """For each row the day that begins with it, or None."""
        return self._days

    def show_rows(self, rows: tuple[SessionSummary, ...], *, more: bool, by_day: bool) -> None:
        """Replace all; where the same sessions stay in their places, only what they say."""
        same = [_place(row) for row in rows] == [_place(row) for row in self._rows]
        if same and by_day == self._by_day:
            changed = rows != self._rows
            self._rows, self._more = rows, more
            if changed:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, Column.TAGS))
            return
        self.beginResetModel()
        self._rows, self._more, self._by_day = rows, more, by_day
        self._days = self._name_days()
        self.endResetModel()

    def append_rows(self, rows: tuple[SessionSummary, ...], *, more: bool) -> None:
        self._more = more
        if rows:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._rows += rows
            self._days += self._name_days(first)
            self.endInsertRows()

    # What views ask ----------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return "Starred" if section == Column.STAR else HEADERS[section]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        summary, column = self._rows[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                if column == Column.WHEN and self._by_day:
                    return f"{summary.created.astimezone():%H:%M}"
                return _text(summary, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return _spoken(summary, column)
            case Role.SUMMARY:
                return summary
            case Role.SORT:
                return _raw(summary, column)
            case Role.DAY:
                return self._days[index.row()]
        return None

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return not parent.isValid() and self._more

    def fetchMore(self, parent: AnyIndex) -> None:
        if self.canFetchMore(parent):
            self._more = False
            self.more_wanted.emit()

    def _name_days(self, first: int = 0) -> tuple[str | None, ...]:
        """The days of the rows from `first` on."""
        rows = self._rows[first:]
        if not self._by_day:
            return (None,) * len(rows)
        today = datetime.now().astimezone().date()
        names = [words.day(row.created, today) for row in rows]
        before = words.day(self._rows[first - 1].created, today) if first else None
        return tuple(
            None if name == earlier else name
            for name, earlier in zip(names, [before, *names], strict=False)
        )


def _place(summary: SessionSummary) -> tuple[str, bool]:
    """What a row's place and height follow from."""
    return summary.id, summary.hit is None


def _text(summary: SessionSummary, column: Column) -> str:
    match column:
        case Column.STAR:
            return "★" if summary.starred else "☆"
        case Column.TITLE:
            return " ".join(summary.title.split())
        case Column.WHEN:
            return when(summary.created, datetime.now().astimezone())
        case Column.KIND:
            return words.KINDS[summary.kind]
        case Column.MODELS:
            return ", ".join(summary.contenders)
        case Column.REPLIES:
            return words.replies(summary)
        case Column.STATUS:
            return words.status(summary)
        case Column.TAGS:
            return ", ".join(summary.tags)


def _spoken(summary: SessionSummary, column: Column) -> str:
    if column == Column.STAR:
        return "starred" if summary.starred else "not starred"
    return _text(summary, column)


def _raw(summary: SessionSummary, column: Column) -> object:
    match column:
        case Column.STAR:
            return summary.starred
        case Column.WHEN:
            return summary.created.timestamp()
        case Column.REPLIES:
            return summary.n_answered
        case _:
            return _text(summary, column).casefold()
