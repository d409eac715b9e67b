"""Which rows of the library are shown, and in which order."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from gui.models.library_model import Column, LibraryModel, LibraryRole, Unusable

SHOWN: Final = {
    "all": "All models",
    "fits": "Those that fit",
    "own": "Our own files",
    "chat": "With a chat template",
    "base": "Base models",
    "broken": "Files that cannot be used",
}
_SEARCHED: Final = (
    Column.NAME,
    Column.QUANTIZATION,
    Column.ARCHITECTURE,
    Column.PARAMETERS,
    Column.PLACE,
)


class LibraryFilter(QSortFilterProxyModel):
    """Every word of the search must occur in a row; `shown` is a key of SHOWN."""

    def __init__(self, model: LibraryModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words: list[str] = []
        self._shown = "all"
        self.setSourceModel(model)
        self.setSortRole(LibraryRole.SORT)
        self.sort(Column.NAME, Qt.SortOrder.AscendingOrder)

    def search(self, text: str) -> None:
        self.beginFilterChange()
        self._words = text.casefold().split()
        self.endFilterChange()

    def show_only(self, shown: str) -> None:
        self.beginFilterChange()
        self._shown = shown
        self.endFilterChange()

    def lessThan(
        self, left: QModelIndex | QPersistentModelIndex, right: QModelIndex | QPersistentModelIndex
    ) -> bool:
        """Files that cannot be used come last, whichever way is sorted."""
        lasts = [isinstance(each.data(LibraryRole.ITEM), Unusable) for each in (left, right)]
        if lasts[0] != lasts[1]:
            return lasts[0] != (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        return super().lessThan(left, right)

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        texts = [str(self._model.index(row, column).data() or "") for column in _SEARCHED]
        haystack = " ".join(texts).casefold()
        return all(word in haystack for word in self._words) and self._is_of_kind(row)

    def _is_of_kind(self, row: int) -> bool:
        item = self._model.index(row, 0).data(LibraryRole.ITEM)
        if self._shown == "all":
            return True
        if isinstance(item, Unusable):
            return self._shown == "broken"
        match self._shown:
            case "fits":
                mood = self._model.index(row, Column.FIT).data(LibraryRole.MOOD)
                return mood in {"good", "warning"}
            case "own":
                return bool(item.owned)
            case "chat":
                return bool(item.details.model.has_chat_template)
            case "base":
                return not item.details.model.has_chat_template
        return False
