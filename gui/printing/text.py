"""Set text that pages divide between its lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QPainter,
    QPalette,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextLine,
)

from gui.printing.pieces import Taken

_TOGETHER: Final = 2
"""So many lines of a paragraph stay together at the foot and at the head of a page."""

_TOUCH: Final = 1.0
_INK: Final = QColor("#1c1f23")


@dataclass(frozen=True)
class Text:
    """Set text, from `start` on; it divides between lines. rule: the colour of a line at its left."""

    document: QTextDocument
    breaks: Sequence[float]
    start: float = 0.0
    keeps: bool = False
    rule: str = ""

    @classmethod
    def of(cls, document: QTextDocument, *, keeps: bool = False, rule: str = "") -> Text:
        return cls(document, tuple(_breaks(document)), keeps=keeps, rule=rule)

    def take(self, room: float, *, whole_page: bool = False) -> Taken:
        end = self.breaks[-1]
        if end - self.start > room:
            place = bisect_right(self.breaks, self.start + room) - 1
            end = self.breaks[place] if place >= 0 else self.start
        if end <= self.start:
            if not whole_page:
                return None, self
            end = self.start + room
        part = _Slice(self.document, self.start, end, self.rule)
        if end >= self.breaks[-1]:
            return part, None
        _divide(self.document, end)
        return part, Text(self.document, self.breaks, end, self.keeps, self.rule)


@dataclass(frozen=True)
class _Slice:
    document: QTextDocument
    start: float
    end: float
    rule: str

    @property
    def height(self) -> float:
        return self.end - self.start

    def paint(self, painter: QPainter) -> None:
        painter.save()
        if self.rule:
            painter.fillRect(QRectF(-10, 0, 2.5, self.height), QColor(self.rule))
        painter.translate(0, -self.start)
        paint_text(painter, self.document, self.start, self.end)
        painter.restore()


def paint_text(
    painter: QPainter, document: QTextDocument, start: float = 0.0, end: float | None = None
) -> None:
    """In ink, whatever the window's colours; from one height of the document to another."""
    height = document.size().height() if end is None else end - start
    area = QRectF(0, start, document.textWidth(), height)
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette.setColor(QPalette.ColorRole.Text, _INK)
    # A line that only touches the area belongs to the page before or after.
    context.clip = area.adjusted(0, _TOUCH, 0, -_TOUCH)
    painter.save()
    painter.setClipRect(area)
    document.documentLayout().draw(painter, context)
    painter.restore()


def _breaks(document: QTextDocument) -> Iterator[float]:
    """Where a page may end: between lines, but not after a heading nor so that one line stands alone."""
    held = sorted(_held_together(document))
    reached = held[0][1] if held else 0.0
    for (_, bottom), (top, _) in pairwise(held):
        reached = max(reached, bottom)
        if top >= reached - 0.01:
            yield top
    yield document.size().height()


def _held_together(document: QTextDocument) -> Iterator[tuple[float, float]]:
    """Stretches that one page must hold."""
    heading: float | None = None
    for block, lines in _blocks(document):
        spans = [(top, top + line.height()) for top, line in lines]
        if spans:
            yield from _paragraph(spans, heading)
            heading = spans[0][0] if block.blockFormat().headingLevel() else None


def _blocks(document: QTextDocument) -> Iterator[tuple[QTextBlock, list[tuple[float, QTextLine]]]]:
    """Each paragraph with its lines, and how far below the document's top they begin."""
    layout = document.documentLayout()
    block = document.begin()
    while block.isValid():
        lines = block.layout()
        offset = layout.blockBoundingRect(block).top() - lines.boundingRect().top()
        yield (
            block,
            [(offset + line.y(), line) for line in map(lines.lineAt, range(lines.lineCount()))],
        )
        block = block.next()


def _divide(document: QTextDocument, at: float) -> None:
    """Make paragraphs that go on below a height into two there; nothing is seen of it.

    Qt 6.11 paints the line above the clip of a paragraph too (QTextLayout::draw): it would stand, unseen
    but found by a search, on both pages.
    """
    places = [
        block.position() + line.textStart()
        for block, lines in _blocks(document)
        for (above, _), (top, line) in pairwise(lines)
        if above < at - _TOUCH <= top
    ]
    for place in reversed(places):
        cursor = QTextCursor(document)
        cursor.setPosition(place)
        cursor.insertBlock()
        items = cursor.currentList()
        if items is not None:
            items.remove(cursor.block())
        shape = QTextBlockFormat()
        shape.setTopMargin(0)
        cursor.mergeBlockFormat(shape)
        cursor.movePosition(QTextCursor.MoveOperation.PreviousBlock)
        shape = QTextBlockFormat()
        shape.setBottomMargin(0)
        cursor.mergeBlockFormat(shape)


def _paragraph(
    spans: list[tuple[float, float]], heading: float | None
) -> Iterator[tuple[float, float]]:
    first, last = spans[0][0], spans[-1][1]
    top = first if heading is None else heading
    if len(spans) < 2 * _TOGETHER:
        yield top, last
        return
    yield top, spans[_TOGETHER - 1][1]
    yield from spans[_TOGETHER:-_TOGETHER]
    yield spans[-_TOGETHER][0], last
