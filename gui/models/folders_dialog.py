"""The folders that the user added to the library, and a way to have them no longer looked into."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QPushButton, QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.labels import label

_WIDTH_CHARACTERS: Final = 90
_NOTHING: Final = "No folder was added yet."
_WORDS: Final = "Every model in these folders is listed, also those that come later."


class FoldersDialog(QDialog):
    remove_wanted = Signal(object)
    """The Path of a folder; nothing in it is touched."""
    add_wanted = Signal()

    def __init__(self, theme: Theme, folders: Sequence[Path], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Added folders")
        self.setMinimumWidth(theme.characters(_WIDTH_CHARACTERS))
        self.words = label(_WORDS if folders else _NOTHING, "muted", wrap=True, parent=self)
        self.folders = QListWidget(self)
        self.folders.setAccessibleName("Added folders")
        self.folders.addItems([str(folder) for folder in folders])
        self.add = QPushButton("Add folder…", self)
        self.remove = QPushButton("Stop looking into it", self)
        self.done_button = QPushButton("Close", self)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space.s)
        foot.addWidget(self.add)
        foot.addWidget(self.remove)
        foot.addStretch(1)
        foot.addWidget(self.done_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space.l, theme.space.l, theme.space.l, theme.space.l)
        column.setSpacing(theme.space.m)
        column.addWidget(self.words)
        column.addWidget(self.folders, 1)
        column.addLayout(foot)
        self.folders.currentRowChanged.connect(self._show_availability)
        self.add.clicked.connect(self._ask_to_add)
        self.remove.clicked.connect(self._ask_to_remove)
        self.done_button.clicked.connect(self.accept)
        self._show_availability()

    def _show_availability(self) -> None:
        chosen = self.folders.currentItem() is not None
        self.remove.setEnabled(chosen)
        self.remove.setToolTip("" if chosen else "Choose a folder first.")

    def _ask_to_add(self) -> None:
        self.accept()
        self.add_wanted.emit()

    def _ask_to_remove(self) -> None:
        item = self.folders.takeItem(self.folders.currentRow())
        self.remove_wanted.emit(Path(item.text()))
        self.words.setText(_WORDS if self.folders.count() else _NOTHING)
