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
from gui.models.making_matrix import MatrixPicker
from gui.models.making_workshop import Ladder, Rung, Wish
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label

_COLUMNS: Final = 3
_WIDTH_LINES: Final = 36
_LOSSY: Final = (
    "This file is itself quantized: what it has lost stays lost, and each type made of it loses a "
    "little more. An F16 or BF16 file is the better source."
)
_ITSELF: Final = "This is the file itself."
_NEEDS: Final = "It needs an importance matrix: choose one, or make one of a text."


class QuantizeDialog(QDialog):
    make_wanted = Signal(object)
    """The Wish."""

    def __init__(self, theme: Theme, ladder: Ladder, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Quantize")
        self.setMinimumWidth(theme.lines(_WIDTH_LINES))
        self._ladder = ladder
        self.matrix = MatrixPicker(theme, self)
        self.matrix.changed.connect(self._show_matrix)
        names = dict.fromkeys(rung.name for rung in (*ladder.with_imatrix, *ladder.rungs))
        self.boxes = {name: QCheckBox(name, self) for name in names}
        for box in self.boxes.values():
            box.toggled.connect(self._show_sum)
        self.total = label("", "muted", parent=self)
        self.make = MainButton(theme, "play", "Make them", parent=self)
        self.make.clicked.connect(self._agree)
        self._column = QVBoxLayout(self)
        self._lay_out(theme, ladder)
        self._show_rungs()

    @property
    def chosen(self) -> tuple[str, ...]:
        return tuple(
            name for name, box in self.boxes.items() if box.isChecked() and box.isEnabled()
        )

    @property
    def _rungs(self) -> dict[str, Rung]:
        """With what is chosen now."""
        without = self.matrix.choice is None
        rungs = self._ladder.rungs if without else self._ladder.with_imatrix
        return {rung.name: rung for rung in rungs}

    def _show_matrix(self) -> None:
        self._show_rungs()
        # What is said of it may take another line, which would be taken from the types.
        self.resize(self.width(), self._column.totalHeightForWidth(self.width()))

    def _show_rungs(self) -> None:
        rungs, without = self._rungs, self.matrix.choice is None
        for name, box in self.boxes.items():
            rung = rungs.get(name)
            if rung is None:
                why_not = _ITSELF
            else:
                why_not = _NEEDS if without and rung.needs_imatrix else ""
                again = ", made again" if rung.there else ""
                box.setText(f"{name}   {size(rung.size_bytes)}{again}")
                box.setAccessibleName(f"{name}, about {size(rung.size_bytes)}{again}")
            box.setEnabled(not why_not)
            box.setToolTip(why_not)
        self._show_sum()

    def _show_sum(self) -> None:
        chosen, rungs = self.chosen, self._rungs
        needed = sum(rungs[name].size_bytes for name in chosen)
        self.total.setText(f"About {size(needed)} in all" if chosen else "Nothing is chosen yet")
        self.make.setEnabled(bool(chosen))
        self.make.setToolTip("" if chosen else "Choose one or more types first.")

    def _agree(self) -> None:
        self.make_wanted.emit(Wish(names=self.chosen, matrix=self.matrix.choice))
        self.accept()

    def _lay_out(self, theme: Theme, ladder: Ladder) -> None:
        space = theme.space
        column = self._column
        column.setContentsMargins(space.xl, space.l, space.xl, space.l)
        column.setSpacing(space.m)
        column.addWidget(label(f"Quantize {ladder.source.name}", "title", wrap=True, parent=self))
        if ladder.lossy:
            warning = label(_LOSSY, wrap=True, parent=self)
            warning.setProperty("badge", "warning")
            column.addWidget(warning)
        column.addWidget(self.matrix)
        column.addWidget(label("Types", "strong", parent=self))
        grid = QGridLayout()
        grid.setHorizontalSpacing(space.xl)
        grid.setVerticalSpacing(space.s)
        rows = -(-len(self.boxes) // _COLUMNS)
        for place, box in enumerate(self.boxes.values()):
            grid.addWidget(box, place % rows, place // rows)
        column.addLayout(grid)
        where = f"Made by llama.cpp on this machine. They go to {ladder.folder}"
        column.addWidget(label(where, "small-muted", wrap=True, parent=self))
        column.addLayout(self._foot(theme))

    def _foot(self, theme: Theme) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(theme.space.s)
        foot.addWidget(self.total, 1)
        cancel = QPushButton("Cancel", self)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        foot.addWidget(cancel)
        foot.addWidget(self.make)
        return foot
