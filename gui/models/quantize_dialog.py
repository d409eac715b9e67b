"""Choosing which quantizations are made of a model, with the size of each before it is made."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.figures import size
from gui.models.shelf import Ladder
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label

_COLUMNS: Final = 3
_LOSSY: Final = (
    "This file is itself quantized: what it has lost stays lost, and each type made of it loses a "
    "little more. An F16 or BF16 file is the better source."
)


class QuantizeDialog(QDialog):
    make_wanted = Signal(object)
    """The names of the chosen types."""

    def __init__(self, theme: Theme, ladder: Ladder, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Quantize")
        self._sizes = {rung.name: rung.size_bytes for rung in ladder.rungs}
        self.boxes: dict[str, QCheckBox] = {}
        for rung in ladder.rungs:
            again = ", made again" if rung.there else ""
            box = QCheckBox(f"{rung.name}   {size(rung.size_bytes)}{again}", self)
            box.setAccessibleName(f"{rung.name}, about {size(rung.size_bytes)}{again}")
            box.toggled.connect(self._show_sum)
            self.boxes[rung.name] = box
        self.total = label("", "muted", parent=self)
        self.make = MainButton(theme, "play", "Make them", parent=self)
        self.make.clicked.connect(self._agree)
        self._lay_out(theme, ladder)
        self._show_sum()

    @property
    def chosen(self) -> list[str]:
        return [name for name, box in self.boxes.items() if box.isChecked()]

    def _show_sum(self) -> None:
        chosen = self.chosen
        needed = sum(self._sizes[name] for name in chosen)
        self.total.setText(f"About {size(needed)} in all" if chosen else "Nothing is chosen yet")
        self.make.setEnabled(bool(chosen))

    def _agree(self) -> None:
        self.make_wanted.emit(self.chosen)
        self.accept()

    def _lay_out(self, theme: Theme, ladder: Ladder) -> None:
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space.xl, space.l, space.xl, space.l)
        column.setSpacing(space.m)
        column.addWidget(label(f"Quantize {ladder.source.name}", "title", wrap=True, parent=self))
        if ladder.lossy:
            warning = label(_LOSSY, wrap=True, parent=self)
            warning.setProperty("badge", "warning")
            column.addWidget(warning)
        column.addWidget(
            label("Each file is made by llama.cpp on this machine. Sizes are foretold.", "muted")
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(space.xl)
        grid.setVerticalSpacing(space.s)
        rows = -(-len(self.boxes) // _COLUMNS)
        for place, box in enumerate(self.boxes.values()):
            grid.addWidget(box, place % rows, place // rows)
        column.addLayout(grid)
        column.addWidget(
            label("Types below Q2_K need an importance matrix and are left out.", "small-muted")
        )
        column.addWidget(label(f"They go to {ladder.folder}", "small-muted", wrap=True))
        foot = QHBoxLayout()
        foot.setSpacing(space.s)
        foot.addWidget(self.total, 1)
        cancel = QPushButton("Cancel", self)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        foot.addWidget(cancel)
        foot.addWidget(self.make)
        column.addLayout(foot)
