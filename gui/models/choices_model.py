"""A repository's quantizations: what each weighs, whether it fits, and whether it is here."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gui.figures import count, significant, size
from gui.models.fit_words import fit_mood, fit_sentence, fit_words
from gui.models.library_columns import RIGHT
from gui.models.library_model import LibraryRole

if TYPE_CHECKING:
    from gui.models.fit_words import FitResult
    from gui.models.hub_desk import Verdicts
    from models.hub.client import Repository
    from models.hub.foretold import Facts
    from models.hub.listing import Choice
    from models.library.standing import Standing

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()


class ChoiceColumn(IntEnum):
    QUANTIZATION = 0
    BITS = 1
    SIZE = 2
    FIT = 3
    STATE = 4


_TITLES: Final = ("Type", "Bits", "Size", "Fit", "State")
_NUMERIC: Final = frozenset({ChoiceColumn.BITS, ChoiceColumn.SIZE})
_STANDINGS: Final[dict[Standing, str]] = {
    "here": "here already",
    "newer": "newer one available",
}
_KINDS: Final = {"mmproj": "vision part", "imatrix": "importance matrix", "adapter": "adapter"}


class ChoicesModel(QAbstractTableModel):
    """LibraryRole.ITEM gives the Choice, LibraryRole.MOOD the verdict's colour."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[Choice, ...] = ()
        self._standings: dict[str, Standing] = {}
        self._fits: dict[str, FitResult] = {}
        self._facts: Facts | None = None

    def show_repository(self, repository: Repository) -> None:
        self.beginResetModel()
        self._choices = repository.listing.choices
        self._standings, self._fits, self._facts = {}, {}, None
        self.endResetModel()

    def show_fit(self, label: str, result: FitResult) -> None:
        self._fits[label] = result
        self._tell()

    def show_verdicts(self, verdicts: Verdicts) -> None:
        self._fits.update(verdicts.fits)
        self._facts = verdicts.facts
        self._tell()

    def forget_fits(self) -> None:
        """They were of other settings."""
        self._fits = {}
        self._tell()

    def show_standings(self, standings: dict[str, Standing]) -> None:
        """By label."""
        self._standings = standings
        self._tell()

    def fit(self, choice: Choice) -> FitResult | None:
        return self._fits.get(choice.label)

    def standing(self, choice: Choice) -> Standing | None:
        return self._standings.get(choice.label)

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._choices)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(_TITLES)

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
        choice, column = self._choices[index.row()], ChoiceColumn(index.column())
        value: object = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                value = self._text(choice, column)
            case Qt.ItemDataRole.ToolTipRole:
                is_fit = column is ChoiceColumn.FIT
                value = fit_sentence(self.fit(choice)) if is_fit else choice.label
            case Qt.ItemDataRole.AccessibleTextRole:
                value = f"{_TITLES[column]}: {self._text(choice, column) or 'nothing'}"
            case Qt.ItemDataRole.TextAlignmentRole if column in _NUMERIC:
                value = RIGHT
            case LibraryRole.ITEM:
                value = choice
            case LibraryRole.MOOD if column is ChoiceColumn.FIT:
                value = fit_mood(self.fit(choice))
        return value

    def _text(self, choice: Choice, column: ChoiceColumn) -> str:
        match column:
            case ChoiceColumn.QUANTIZATION:
                kind = _KINDS.get(choice.kind)
                name = choice.quantization or choice.label
                return f"{name} ({kind})" if kind else name
            case ChoiceColumn.BITS:
                bits = self._facts and self._facts.bits_per_weight(choice)
                return significant(bits) if bits else ""
            case ChoiceColumn.SIZE:
                parts = len(choice.files)
                if parts > 1:
                    return f"{size(choice.size_bytes)} in {parts}"
                return size(choice.size_bytes)
            case ChoiceColumn.FIT:
                known = self.fit(choice) is not None
                return fit_words(self.fit(choice)) if known else ""
            case ChoiceColumn.STATE:
                if choice.missing:
                    return f"{count(choice.missing, 'part')} missing there"
                standing = self.standing(choice)
                return "" if standing is None else _STANDINGS[standing]

    def _tell(self) -> None:
        if self._choices:
            last = self.index(len(self._choices) - 1, len(_TITLES) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
