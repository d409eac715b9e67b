"""What pages are filled with; a piece that is too long for the rest of a page is divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtGui import QPainter


class Part(Protocol):
    """What stands on one page; painted with the painter's origin at its upper left corner."""

    @property
    def height(self) -> float: ...

    def paint(self, painter: QPainter) -> None: ...


class Piece(Protocol):
    """keeps: whether it must not be the last on its page."""

    @property
    def keeps(self) -> bool: ...

    def take(self, room: float, *, whole_page: bool = False) -> Taken:
        """As much as fits into the room, or None, and what is left for the next page.

        whole_page: there is no more room anywhere, so something has to be taken.
        """


Taken = tuple[Part | None, Piece | None]


@dataclass(frozen=True)
class Gap:
    """Room between two pieces, which a page does not begin with."""

    height: float
    keeps: bool = True

    def take(self, room: float, *, whole_page: bool = False) -> Taken:
        return self, None

    def paint(self, painter: QPainter) -> None:
        """Nothing is to be seen."""


@dataclass(frozen=True)
class Beside:
    """Pieces side by side, each divided for itself; x: where each begins."""

    pieces: tuple[Piece | None, ...]
    x: tuple[float, ...]
    keeps: bool = False

    def take(self, room: float, *, whole_page: bool = False) -> Taken:
        taken = [
            piece.take(room, whole_page=whole_page) if piece else (None, None)
            for piece in self.pieces
        ]
        if any(piece and not part for piece, (part, _) in zip(self.pieces, taken, strict=True)):
            return None, self
        rests = tuple(rest for _, rest in taken)
        part = _Beside(tuple(part for part, _ in taken), self.x)
        return part, Beside(rests, self.x) if any(rests) else None


@dataclass(frozen=True)
class _Beside:
    parts: tuple[Part | None, ...]
    x: tuple[float, ...]

    @property
    def height(self) -> float:
        return max((part.height for part in self.parts if part), default=0.0)

    def paint(self, painter: QPainter) -> None:
        for part, x in zip(self.parts, self.x, strict=True):
            if part:
                painter.save()
                painter.translate(x, 0)
                part.paint(painter)
                painter.restore()


@dataclass(frozen=True)
class Stack:
    """Parts one below the other."""

    parts: tuple[Part, ...]

    @property
    def height(self) -> float:
        return sum(part.height for part in self.parts)

    def paint(self, painter: QPainter) -> None:
        painter.save()
        for part in self.parts:
            part.paint(painter)
            painter.translate(0, part.height)
        painter.restore()
