"""What the colours and the line under a token mean."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui.divergence.ramp import LIMITS, colour_of
from gui.theme import Theme
from gui.widgets.labels import label


class Legend(QWidget):
    def __init__(self, theme: Theme, candidate: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        strongest = f"{100 * LIMITS[-1]:.0f} points or more"
        row.addWidget(label(f"less likely for {candidate}", "small-muted", parent=self))
        swatches = _Swatches(theme, self)
        swatches.setToolTip(f"Δp: the strongest colours stand for {strongest}.")
        row.addWidget(swatches)
        row.addWidget(label("more likely", "small-muted", parent=self))
        row.addSpacing(theme.space.m)
        line = label("underlined", "small-muted", parent=self)
        font = line.font()
        font.setUnderline(True)
        line.setFont(font)
        row.addWidget(line)
        row.addWidget(label("another token would have been written", "small-muted", parent=self))
        row.addStretch(1)


class _Swatches(QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        side = self._theme.lines(0.9)
        return QSize(side * (2 * len(LIMITS) + 1), side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        steps = range(-len(LIMITS), len(LIMITS) + 1)
        width = self.width() // len(steps)
        for place, step in enumerate(steps):
            colour = colour_of(step, self._theme.scheme) or self._theme.colours.surface
            painter.fillRect(QRect(place * width, 0, width, self.height()), QColor(colour))
        painter.setPen(QColor(self._theme.colours.border))
        painter.drawRect(0, 0, width * len(steps) - 1, self.height() - 1)
