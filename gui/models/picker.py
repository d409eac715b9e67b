"""Choosing models of this machine for a comparison, with what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.models.library_columns import Unusable
from gui.models.library_model import LibraryModel
from gui.models.library_view import LibraryView
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label

if TYPE_CHECKING:
    from gui.models.library_columns import Item
    from models.library import Entry

_WIDTH_CHARACTERS: Final = 150
_HEIGHT_LINES: Final = 34


class ModelPicker(QDialog):
    """The same library as the Models page has, with its verdicts."""

    picked = Signal(object)
    """The ModelFiles that are to be compared."""
    files_wanted = Signal()
    """A file is to be chosen that the library does not have."""

    def __init__(self, theme: Theme, model: LibraryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Add models")
        self.resize(theme.characters(_WIDTH_CHARACTERS), theme.lines(_HEIGHT_LINES))
        self.library = LibraryView(theme, model, self)
        self.library.rescan.hide()
        self.add = MainButton(theme, "plus", "Add", parent=self)
        self.files = QPushButton("Choose files…", self)
        self.cancel = QPushButton("Cancel", self)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space.s)
        foot.addWidget(label("Several can be chosen.", "muted", parent=self))
        foot.addStretch(1)
        for button in (self.files, self.cancel, self.add):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space.l, theme.space.l, theme.space.l, theme.space.l)
        column.setSpacing(theme.space.m)
        column.addWidget(self.library, 1)
        column.addLayout(foot)
        self.library.chosen.connect(self._show_availability)
        self.library.compare_wanted.connect(self._pick)
        self.add.clicked.connect(self._pick)
        self.files.clicked.connect(self._ask_files)
        self.cancel.clicked.connect(self.reject)
        self._entries: tuple[Entry, ...] = ()
        self._show_availability(())
        self.library.search.setFocus()

    def _show_availability(self, items: tuple[Item, ...]) -> None:
        self._entries = tuple(item for item in items if not isinstance(item, Unusable))
        self.add.setEnabled(bool(self._entries))
        self.add.setToolTip("" if self._entries else "Choose a model first.")

    def _pick(self) -> None:
        if self._entries:
            self.picked.emit(tuple(entry.model for entry in self._entries))
            self.accept()

    def _ask_files(self) -> None:
        self.reject()
        self.files_wanted.emit()
