"""What each contender passes beside what it takes, as a picture and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from engine.contract import Session
from engine.quality.standings import Axis, TradeOff
from engine.quality.trade_off import known_axes, trade_offs
from engine.wording import digits_text, seconds, size
from storage.exports.figures import Cell
from storage.exports.quality import standings
from storage.exports.wording import joined

_AXES: Final[dict[Axis, tuple[str, Callable[[float], str]]]] = {
    "size_bytes": ("file size", size),
    "joules": ("energy a reply", lambda joules: f"{digits_text(joules)} J"),
    "seconds": ("time a reply", seconds),
    "memory_bytes": ("memory", size),
}
_MOST: Final = 2


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """passed, costs: a cell a contender. worth: whether no other passes as much for less."""

    axis: Axis
    cost: str
    passed: tuple[Cell, ...]
    costs: tuple[Cell, ...]
    worth: tuple[bool, ...]


def weighed(session: Session) -> tuple[Weighed, ...]:
    """By the costs that every contender has a figure for, of which the first two are shown."""
    found = standings(session)
    if len(found) < 2:
        return ()
    points = trade_offs(found, session.contenders, session.replies)
    known = known_axes(points)
    return tuple(
        _weighed(points, axis) for axis in [each for each in _AXES if each in known][:_MOST]
    )


def trade_off_findings(found: Sequence[Weighed], names: Sequence[str]) -> Iterator[str]:
    for each in found:
        worth = [name for name, good in zip(names, each.worth, strict=True) if good]
        if worth and len(worth) < len(names):
            verb = "is worth its" if len(worth) == 1 else "are worth their"
            yield f"As measured, {joined(worth)} {verb} {each.cost}: no other passes as much for less."


def _weighed(points: Sequence[TradeOff], axis: Axis) -> Weighed:
    title, words = _AXES[axis]
    return Weighed(
        axis=axis,
        cost=title,
        passed=tuple(
            Cell(
                text=f"{100 * (point.quality or 0.0):.1f} %",
                value=point.quality,
                low=point.quality_low,
                high=point.quality_high,
            )
            for point in points
        ),
        costs=tuple(
            Cell(text=words(getattr(point, axis)), value=getattr(point, axis)) for point in points
        ),
        worth=tuple(axis in point.front for point in points),
    )
