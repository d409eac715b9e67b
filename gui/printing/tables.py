"""Pieces that are never divided: the rows of tables, and charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QColor, QPainter, QTextDocument
from PySide6.QtSvg import QSvgRenderer

from gui.printing.pieces import Stack, Taken
from gui.printing.text import paint_text

_LINE: Final = QColor("#d8dce1")


@dataclass(frozen=True)
class Row:
    """A row of a table, with a line below it; x: where each cell begins."""

    cells: tuple[QTextDocument, ...]
    x: tuple[float, ...]
    width: float
    padding: float = 4.0

    @property
    def height(self) -> float:
        return max(cell.size().height() for cell in self.cells) + 2 * self.padding

    def paint(self, painter: QPainter) -> None:
        for cell, x in zip(self.cells, self.x, strict=True):
            painter.save()
            painter.translate(x, self.padding)
            paint_text(painter, cell)
            painter.restore()
        painter.fillRect(QRectF(0, self.height - 0.4, self.width, 0.8), _LINE)


@dataclass(frozen=True)
class Table:
    """Rows that are never divided; the head, if there is one, is repeated on each page."""

    rows: tuple[Row, ...]
    head: Row | None = None
    keeps: bool = False

    def take(self, room: float, *, whole_page: bool = False) -> Taken:
        room -= self.head.height if self.head else 0.0
        n_fitting = 0
        for row in self.rows:
            if room < row.height:
                break
            room -= row.height
            n_fitting += 1
        if not n_fitting:
            if not whole_page:
                return None, self
            n_fitting = 1
        head = (self.head,) if self.head else ()
        part = Stack((*head, *self.rows[:n_fitting]))
        rest = self.rows[n_fitting:]
        return part, Table(rest, self.head) if rest else None


@dataclass(frozen=True)
class Figure:
    """A caption and the picture below it, which scales without loss."""

    caption: QTextDocument
    svg: str
    width: float
    keeps: bool = False

    @property
    def height(self) -> float:
        return self.caption.size().height() + self._picture_height

    @property
    def _picture_height(self) -> float:
        shape = self._renderer().viewBoxF()
        return self.width * shape.height() / shape.width()

    def take(self, room: float, *, whole_page: bool = False) -> Taken:
        return (self, None) if whole_page or self.height <= room else (None, self)

    def paint(self, painter: QPainter) -> None:
        paint_text(painter, self.caption)
        top = self.caption.size().height()
        painter.save()
        self._renderer().render(painter, QRectF(0, top, self.width, self._picture_height))
        painter.restore()

    def _renderer(self) -> QSvgRenderer:
        return QSvgRenderer(QByteArray(self.svg.encode()))
