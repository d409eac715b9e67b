"""Which rows of the library are shown, and in which order."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from gui.models.fit_words import fit_mood
from gui.models.library_columns import Unusable
from gui.models.library_model import LibraryModel

SHOWN: Final = {
    "all": "All models",
    "fits": "Those that fit",
    "own": "Our own files",
    "chat": "With a chat template",
    "base": "Base models",
    "broken": "Files that cannot be used",
}


class LibraryFilter(QSortFilterProxyModel):
    """Every word of the search must occur in a row; `shown` is a key of SHOWN."""

    def __init__(self, model: LibraryModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words: list[str] = []
        self._shown = "all"
        self.setSourceModel(model)

    def search(self, text: str) -> None:
        self.beginFilterChange()
        self._words = text.casefold().split()
        self.endFilterChange()

    def show_only(self, shown: str) -> None:
        self.beginFilterChange()
        self._shown = shown
        self.endFilterChange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """The model sorts itself, and this keeps its order."""
        self._model.sort(column, order)

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        text = self._model.search_text(row) if self._words else ""
        return all(word in text for word in self._words) and self._is_of_kind(row)

    def _is_of_kind(self, row: int) -> bool:
        if self._shown == "all":
            return True
        item = self._model.item(row)
        if isinstance(item, Unusable):
            return self._shown == "broken"
        match self._shown:
            case "fits":
                return fit_mood(self._model.fit(item)) in {"good", "warning"}
            case "own":
                return bool(item.owned)
            case "chat":
                return bool(item.details.model.has_chat_template)
            case "base":
                return not item.details.model.has_chat_template
        return False
