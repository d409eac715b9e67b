"""Two numbers of a form side by side: the low and the high end of a range."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from gui.theme import Theme
from gui.widgets.fields import RealField


class RangeField(QWidget):
    low_edited = Signal(float)
    high_edited = Signal(float)

    def __init__(
        self, theme: Theme, name: str, most: float, step: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.low = RealField(0.0, 0.0, most, step=step, parent=self)
        self.high = RealField(0.0, 0.0, most, step=step, parent=self)
        for field in (self.low, self.high):
            field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            field.setMinimumWidth(theme.characters(7))
        self.low.setAccessibleName(f"{name}, at least")
        self.high.setAccessibleName(f"{name}, at most")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.xs)
        row.addWidget(self.low, 1)
        row.addWidget(QLabel("to", self))
        row.addWidget(self.high, 1)
        self.setFocusProxy(self.low)
        self.low.valueChanged.connect(self.low_edited)
        self.high.valueChanged.connect(self.high_edited)

    def show_ends(self, low: float, high: float) -> None:
        """Without telling anybody: nobody typed it."""
        for field, value in ((self.low, low), (self.high, high)):
            field.blockSignals(True)
            field.set_number(value)
            field.blockSignals(False)
