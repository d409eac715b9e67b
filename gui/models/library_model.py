"""The table of models on this machine: one row for each content, and one for each unusable file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from gui.figures import rate, when
from gui.models.fit_words import fit_mood, fit_sentence, fit_words
from gui.models.library_columns import (
    NUMERIC,
    RIGHT,
    SEARCHED,
    TEXTS,
    TIPS,
    TITLES,
    Column,
    Unusable,
    path_of,
    places,
)

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from gui.models.fit_words import FitResult
    from gui.models.library_columns import Item
    from models.library import Entry
    from storage.uses import Use
AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_ORDER: Final = {"on the GPU": 4, "partly on the GPU": 3, "in memory": 2, "too large": 1}


class LibraryRole(IntEnum):
    ITEM = Qt.ItemDataRole.UserRole
    MOOD = Qt.ItemDataRole.UserRole + 1
    """The colour of the verdict, as a Mood; None in other columns."""


class LibraryModel(QAbstractTableModel):
    """ITEM gives the whole Entry or Unusable.

    It sorts itself: a proxy that asks for two values a comparison takes seconds for thousands of rows.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[Item] = []
        self._fits: dict[Path, FitResult] = {}
        self._all_uses: tuple[Use, ...] = ()
        self._uses: dict[Path, Use] = {}
        self._newer: frozenset[Path] = frozenset()
        self._given: list[Item] = []
        self._texts: list[str] = []
        self._sorted_by = (Column.NAME, Qt.SortOrder.AscendingOrder)

    def show_items(self, items: Iterable[Item]) -> None:
        given = list(items)
        if given == self._given:
            return  # a scan that found nothing new leaves the view where it is
        self._given = given
        self.beginResetModel()
        self._items = list(given)
        self._find_uses()
        self._put_in_order()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Files that cannot be used come last, whichever way is sorted."""
        self._sorted_by = (Column(column), order)
        self.layoutAboutToBeChanged.emit()
        before = {id(item): row for row, item in enumerate(self._items)}
        self._put_in_order()
        after = {before[id(item)]: row for row, item in enumerate(self._items)}
        old = self.persistentIndexList()
        new = [self.index(after[index.row()], index.column()) for index in old]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def item(self, row: int) -> Item:
        return self._items[row]

    def indexes_of(self, items: Iterable[Item]) -> list[QModelIndex]:
        """The first cells of those that are here, known by where they lie."""
        wanted = {path_of(item) for item in items}
        if not wanted:
            return []
        return [
            self.index(row, 0) for row, item in enumerate(self._items) if path_of(item) in wanted
        ]

    def search_text(self, row: int) -> str:
        """What is searched of a row, in lower case."""
        return self._texts[row]

    def show_uses(self, uses: tuple[Use, ...]) -> None:
        """Of all models that were ever used here."""
        self._all_uses = uses
        self._find_uses()
        self._tell(Column.SPEED, Column.USED)
        self._sort_again(Column.SPEED, Column.USED)

    def show_newer(self, paths: frozenset[Path]) -> None:
        """Where the models lie of which the hub has a newer file."""
        self._newer = paths
        self._tell(Column.PLACE, Column.PLACE)

    def show_fits(self, fits: dict[Path, FitResult]) -> None:
        """Take these verdicts beside those that are there."""
        self._fits.update(fits)
        for row, item in enumerate(self._items):
            if path_of(item) in fits:
                index = self.index(row, Column.FIT)
                self.dataChanged.emit(index, index)
        self._sort_again(Column.FIT)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The usable ones."""
        return tuple(item for item in self._items if not isinstance(item, Unusable))

    def fit(self, item: Item) -> FitResult | None:
        return self._fits.get(path_of(item))

    def use(self, item: Item) -> Use | None:
        return self._uses.get(path_of(item))

    def has_newer(self, item: Item) -> bool:
        return path_of(item) in self._newer

    # What views ask ----------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._items)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section in NUMERIC:
            return RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS.get(Column(section))
        return TITLES[Column(section)] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item, column = self._items[index.row()], Column(index.column())
        value: object = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                value = self._text(item, column)
            case Qt.ItemDataRole.ToolTipRole:
                value = self._tip(item, column)
            case Qt.ItemDataRole.TextAlignmentRole if column in NUMERIC:
                value = RIGHT
            case Qt.ItemDataRole.AccessibleTextRole:
                value = f"{TITLES[column]}: {self._text(item, column) or 'not known'}"
            case LibraryRole.ITEM:
                value = item
            case LibraryRole.MOOD if column is Column.FIT:
                value = "error" if isinstance(item, Unusable) else fit_mood(self.fit(item))
        return value

    def _find_uses(self) -> None:
        self._uses = {}
        if not self._all_uses:
            return
        from storage.uses import Uses  # brings SQLAlchemy, which a start must not wait for

        uses = Uses(self._all_uses)
        for item in self._items:
            if not isinstance(item, Unusable):
                use = uses.of([str(place.path) for place in item.places], item.sha256)
                if use is not None:
                    self._uses[path_of(item)] = use

    def _tell(self, first: Column, last: Column) -> None:
        if self._items:
            self.dataChanged.emit(self.index(0, first), self.index(len(self._items) - 1, last))

    def _text(self, item: Item, column: Column) -> str:
        if isinstance(item, Unusable):
            texts = {
                Column.NAME: item.path.name,
                Column.FIT: "cannot be used",
                Column.PLACE: item.app,
            }
            return texts.get(column, "")
        use = self.use(item)
        match column:
            case Column.FIT:
                return fit_words(self.fit(item))
            case Column.SPEED:
                speed = use and use.generation_tokens_per_s
                return rate(speed) if speed else ""
            case Column.USED:
                return when(use.last_used, datetime.now(UTC)) if use else ""
            case Column.PLACE:
                newer = " · newer on the hub" if self.has_newer(item) else ""
                return places(item) + newer
        return TEXTS[column](item)

    def _tip(self, item: Item, column: Column) -> str:
        if isinstance(item, Unusable):
            return item.sentence
        if column is Column.FIT:
            return fit_sentence(self.fit(item))
        return "\n".join(str(place.path) for place in item.places)

    def _put_in_order(self) -> None:
        column, order = self._sorted_by
        usable = list(self.entries)
        usable.sort(
            key=lambda entry: self._sort_key(entry, column),
            reverse=order is Qt.SortOrder.DescendingOrder,
        )
        others = [item for item in self._items if isinstance(item, Unusable)]
        others.sort(key=lambda item: item.path.name.casefold())
        self._items = [*usable, *others]
        self._texts = [self._search_text(item) for item in self._items]

    def _sort_again(self, *columns: Column) -> None:
        if self._sorted_by[0] in columns:
            self.sort(*self._sorted_by)

    def _search_text(self, item: Item) -> str:
        return " ".join(self._text(item, column) for column in SEARCHED).casefold()

    def _sort_key(self, item: Entry, column: Column) -> Any:
        """Of one column all of one type."""
        model, use = item.details.model, self.use(item)
        numbers: dict[Column, float | None] = {
            Column.SIZE: model.size_bytes,
            Column.QUANTIZATION: model.bits_per_weight,
            Column.BITS: model.bits_per_weight,
            Column.PARAMETERS: model.parameters,
            Column.CONTEXT: model.n_ctx_train,
            Column.SPEED: use.generation_tokens_per_s if use else None,
            Column.USED: use.last_used.timestamp() if use else None,
        }
        if column in numbers:
            return numbers[column] or 0
        if column is Column.FIT:
            result = self.fit(item)
            return 0 if result is None or isinstance(result, str) else _ORDER[result.verdict]
        return self._text(item, column).casefold()
