"""Fills pages with pieces, one page after the other, so that no more than one is held at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtGui import QPainter

from gui.printing.pieces import Gap, Part, Piece
from gui.printing.sheet import Sheet


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a new page. begins: the number of the session that begins there, if one does."""

    begins: int | None = None


@dataclass(frozen=True)
class Page:
    """Parts with their distance from the top of the contents. begins: as in PageBreak."""

    parts: tuple[tuple[float, Part], ...]
    begins: int | None = None

    def paint(self, painter: QPainter, paper: Sheet) -> None:
        for top, part in self.parts:
            painter.save()
            painter.translate(paper.left, paper.top + top)
            part.paint(painter)
            painter.restore()


def pages(flow: Iterable[Piece | PageBreak], height: float) -> Iterator[Page]:
    """Pages of this height; what keeps with the next goes to the page on which that begins."""
    filling = _Filling(height)
    for each in flow:
        if isinstance(each, PageBreak):
            yield from filling.end(each.begins)
        else:
            yield from filling.add(each)
    yield from filling.end(None)


class _Filling:
    """The page being filled, and the pieces that wait for the one that they must stay with."""

    def __init__(self, height: float) -> None:
        self._height = height
        self._parts: list[tuple[float, Part]] = []
        self._used = 0.0
        self._waiting: list[Piece] = []
        self._begins: int | None = None

    def add(self, piece: Piece) -> Iterator[Page]:
        self._waiting.append(piece)
        if piece.keeps:
            return
        if self._parts and not self._fits():
            yield self._page()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            yield from self._place(each)

    def end(self, begins: int | None) -> Iterator[Page]:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            yield from self._place(each)
        if self._parts:
            yield self._page()
        self._begins = begins

    def _fits(self) -> bool:
        """Whether the waiting pieces and a beginning of the last one find room on this page."""
        room = self._height - self._used
        for piece in self._waiting:
            part, rest = piece.take(room)
            if part is None or (rest is not None and piece.keeps):
                return False
            room -= part.height
        return True

    def _place(self, piece: Piece) -> Iterator[Page]:
        rest: Piece | None = piece
        while rest is not None:
            if isinstance(rest, Gap) and not self._parts:
                return
            part, rest = rest.take(self._height - self._used, whole_page=not self._parts)
            if part is not None:
                self._parts.append((self._used, part))
                self._used += part.height
            if rest is not None:
                yield self._page()

    def _page(self) -> Page:
        page = Page(tuple(self._parts), self._begins)
        self._parts, self._used, self._begins = [], 0.0, None
        return page
