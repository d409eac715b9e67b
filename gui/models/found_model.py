"""The results of a search, a page at a time as they are reached."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from gui.figures import parameters, thousands
from gui.models.library_columns import RIGHT

if TYPE_CHECKING:
    from models.hub.client import Found

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
FOUND_ROLE: Final = Qt.ItemDataRole.UserRole


class FoundColumn(IntEnum):
    REPO = 0
    PARAMETERS = 1
    DOWNLOADS = 2
    LIKES = 3
    LICENCE = 4


_NUMERIC: Final = frozenset({FoundColumn.PARAMETERS, FoundColumn.DOWNLOADS, FoundColumn.LIKES})
_TITLES: Final = ("Repository", "Parameters", "Downloads", "Likes", "Licence")


class FoundModel(QAbstractTableModel):
    """FOUND_ROLE gives the whole Found. In the order of the hub, which cannot be sorted here."""

    more_wanted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: list[Found] = []
        self._more = False

    def show_found(self, found: Iterable[Found], *, more: bool) -> None:
        self.beginResetModel()
        self._found, self._more = list(found), more
        self.endResetModel()

    def append(self, found: tuple[Found, ...], *, more: bool) -> None:
        self._more = more
        if found:
            first = len(self._found)
            self.beginInsertRows(QModelIndex(), first, first + len(found) - 1)
            self._found.extend(found)
            self.endInsertRows()

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._found)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return not parent.isValid() and self._more

    def fetchMore(self, parent: AnyIndex) -> None:
        if self.canFetchMore(parent):
            self._more = False
            self.more_wanted.emit()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section in _NUMERIC:
            return RIGHT
        return _TITLES[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        found, column = self._found[index.row()], FoundColumn(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return _text(found, column)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{_TITLES[column]}: {_text(found, column) or 'not known'}"
            case Qt.ItemDataRole.TextAlignmentRole if column in _NUMERIC:
                return RIGHT
            case _ if role == FOUND_ROLE:
                return found
        return None


def _text(found: Found, column: FoundColumn) -> str:
    match column:
        case FoundColumn.REPO:
            return found.repo
        case FoundColumn.PARAMETERS:
            return parameters(found.parameters) if found.parameters else ""
        case FoundColumn.DOWNLOADS:
            return "" if found.downloads is None else thousands(found.downloads)
        case FoundColumn.LIKES:
            return "" if found.likes is None else thousands(found.likes)
        case FoundColumn.LICENCE:
            return (found.licence or "") + (" · gated" if found.gated else "")
