"""What narrows the list: words, and what a session must have."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.history.words import KINDS
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.fields import ChoiceField
from storage.query import EVERYTHING, Query
from storage.summary import Choices

_DATES: Final = {
    "": "Any time",
    "0": "Today",
    "6": "Last 7 days",
    "29": "Last 30 days",
    "364": "Last year",
}


class FilterBar(QWidget):
    searched = Signal(str)
    restricted = Signal(object)
    """The Query without its words and its order."""
    import_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search prompts, replies, titles and notes")
        self.search.setAccessibleName("Search sessions")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(theme.lines(1.9))
        self.search.textChanged.connect(self.searched)
        self.bring = MainButton(theme, "plus", "Import…", look="", parent=self)
        self.bring.setToolTip("Add sessions from a .json or .jsonl file")
        self.bring.clicked.connect(self.import_wanted)
        self.model = self._field("Model", {"": "All models"})
        self.quantization = self._field("Quantization", {"": "All quantizations"})
        self.tag = self._field("Tag", {"": "All tags"})
        self.kind = self._field("Kind", {"": "All kinds", **{str(k): v for k, v in KINDS.items()}})
        self.machine = self._field("Machine", {"": "All machines"})
        self.date = self._field("When", _DATES)
        self.starred = QPushButton("★ Starred", self)
        self.starred.setCheckable(True)
        self.starred.setAutoDefault(False)
        self.starred.setAccessibleName("Only starred sessions")
        self.starred.toggled.connect(self._tell)
        self.all = QPushButton("Show all", self)
        self.all.setProperty("look", "text")
        self.all.setAutoDefault(False)
        self.all.clicked.connect(self.clear)
        self._lay_out(theme)
        self.all.hide()

    def query(self) -> Query:
        """What is asked for now."""
        return Query(
            models=_one(self.model),
            quantizations=_one(self.quantization),
            tags=_one(self.tag),
            machines=_one(self.machine),
            kinds=tuple(kind for kind in KINDS if kind == self.kind.choice),
            starred=self.starred.isChecked(),
            since=_since(self.date.choice),
        )

    def show_choices(self, choices: Choices) -> None:
        """Offer what there is; what is chosen stays as long as there is such a thing."""
        before = self.query()
        for field, words, values in (
            (self.model, "All models", choices.models),
            (self.quantization, "All quantizations", choices.quantizations),
            (self.tag, "All tags", choices.tags),
            (self.machine, "All machines", choices.machines),
        ):
            field.offer({"": words} | {value: value for value in values})
        if msgspec.structs.replace(self.query(), since=before.since) != before:
            self._tell()

    def clear(self) -> None:
        """Ask for everything again."""
        for field in self._fields():
            field.blockSignals(True)
            field.setCurrentIndex(0)
            field.blockSignals(False)
        self.starred.blockSignals(True)
        self.starred.setChecked(False)
        self.starred.blockSignals(False)
        self.search.clear()
        self._tell()

    def is_narrow(self) -> bool:
        return bool(self.search.text().strip()) or self.query() != EVERYTHING

    def _fields(self) -> tuple[ChoiceField, ...]:
        return (self.model, self.quantization, self.tag, self.kind, self.machine, self.date)

    def _field(self, name: str, values: dict[str, str]) -> ChoiceField:
        field = ChoiceField(values, "", self)
        field.setAccessibleName(name)
        field.setMinimumContentsLength(8)
        field.setSizeAdjustPolicy(
            ChoiceField.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        field.currentIndexChanged.connect(self._tell)
        return field

    def _lay_out(self, theme: Theme) -> None:
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.bring)
        for field in self._fields():
            # Room in proportion to the first choice, which shows while nothing is filtered.
            below.addWidget(field, len(field.itemText(0)))
        below.addWidget(self.starred)
        below.addWidget(self.all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (top, below, column):
            part.setSpacing(theme.space.s)
        column.addLayout(top)
        column.addLayout(below)
        self.search.textChanged.connect(self._show_way_back)

    def _tell(self) -> None:
        self._show_way_back()
        self.restricted.emit(self.query())

    def _show_way_back(self) -> None:
        self.all.setVisible(self.is_narrow())


def _one(field: ChoiceField) -> tuple[str, ...]:
    return (field.choice,) if field.choice else ()


def _since(days: str) -> datetime | None:
    if not days:
        return None
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=int(days))
