"""What a year's cost hangs on: a bar for each input, from its low to its high end, widest first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.cost.cost_words import Bar
from gui.theme import Theme
from gui.widgets.copy_menu import offer_picture


class TornadoBars(QWidget):
    """The vertical line is the likely cost; its words are also the widget's accessible description."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bars: tuple[Bar, ...] = ()
        self._likely = 0.0
        self.setAccessibleName("What the cost hangs on")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        offer_picture(self)
        theme.changed.connect(self.update)

    def show_bars(self, bars: Sequence[Bar], likely: float) -> None:
        self._bars, self._likely = tuple(bars), likely
        self.setAccessibleDescription("; ".join(f"{each.title}: {each.words}" for each in bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.characters(60), self._theme.lines(1.8) * len(self._bars))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.characters(40), self.sizeHint().height())

    def _text_widths(self) -> tuple[int, int]:
        """Of the names and of the figures, each with a gap; the names leave half the room to the bars."""
        metrics, gap = self.fontMetrics(), self._theme.space.l
        names = max(metrics.horizontalAdvance(each.title) for each in self._bars) + gap
        words = max(metrics.horizontalAdvance(each.words) for each in self._bars) + gap
        return min(names, (self.width() - words) // 2), words

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bars:
            return
        colours, high = self._theme.colours, self._theme.lines(1.8)
        names, words = self._text_widths()
        room = max(1, self.width() - names - words)
        low = min(self._likely, *(each.low for each in self._bars))
        top = max(self._likely, *(each.high for each in self._bars))
        scale = room / ((top - low) or 1.0)
        painter = QPainter(self)
        middle = Qt.AlignmentFlag.AlignVCenter
        for place, bar in enumerate(self._bars):
            line = QRectF(0, place * high, names - self._theme.space.s, high)
            title = painter.fontMetrics().elidedText(
                bar.title, Qt.TextElideMode.ElideRight, round(line.width())
            )
            painter.setPen(QColor(colours.text))
            painter.drawText(line, middle, title)
            left, width = names + (bar.low - low) * scale, (bar.high - bar.low) * scale
            thick = self._theme.lines(0.8)
            top_edge = place * high + (high - thick) / 2
            painter.fillRect(QRectF(left, top_edge, max(2.0, width), thick), QColor(colours.accent))
            painter.setPen(QColor(colours.muted))
            at = QRectF(self.width() - words, place * high, words, high)
            painter.drawText(at, middle | Qt.AlignmentFlag.AlignRight, bar.words)
        mark = names + (self._likely - low) * scale
        painter.fillRect(QRectF(mark - 1, 0, 2, high * len(self._bars)), QColor(colours.text))
        painter.end()
