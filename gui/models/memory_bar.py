"""How much of the free memory a model would take, drawn to scale."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import Theme


class MemoryBar(QWidget):
    """Weights, cache and compute buffer side by side; the mark is where the free memory ends."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts: tuple[int, ...] = ()
        self._free_bytes = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_need(self, parts: tuple[int, ...], free_bytes: int, words: str) -> None:
        self._parts, self._free_bytes = parts, free_bytes
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.characters(20), self._theme.space.m)

    def paintEvent(self, event: QPaintEvent) -> None:
        whole = max(sum(self._parts), self._free_bytes)
        if not whole:
            return
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        painter.fillRect(area, QColor(colours.raised))
        left = 0.0
        too_large = sum(self._parts) > self._free_bytes
        main = QColor(colours.error if too_large else colours.accent)
        for place, part in enumerate(self._parts):
            width = area.width() * part / whole
            colour = QColor(main)
            colour.setAlphaF(1.0 - 0.3 * place)
            painter.fillRect(QRectF(left, 0, width, area.height()), colour)
            left += width
        mark = min(area.width() * self._free_bytes / whole, area.width() - 2)
        painter.fillRect(QRectF(mark, 0, 2, area.height()), QColor(colours.text))
        painter.end()
