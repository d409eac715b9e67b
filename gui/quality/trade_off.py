"""The words of quality beside what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.contract import Contender
from engine.cost.money import money_text
from engine.quality.standings import AXES, Axis, TradeOff
from engine.quality.trade_off import PER_REPLIES
from engine.wording import NONE, digits_text, size
from gui.quality.figures_table import Cell, Column
from gui.quality.suite_words import short_titles

_WORDS: Final[dict[Axis, str]] = {
    "seconds": "Seconds for a reply",
    "memory_bytes": "Memory, MB",
    "size_bytes": "Size of the file, MB",
    "joules": "Joules for a reply",
    "money": f"Electricity for {PER_REPLIES:,} replies",
}
_DIVIDED_BY: Final[dict[Axis, float]] = {"memory_bytes": 1e6, "size_bytes": 1e6}
_ON_FRONT: Final = "No other model passes as many cases for as little."


def axis_title(axis: Axis) -> str:
    return _WORDS[axis].partition(",")[0] if axis != "money" else _WORDS[axis]


def axis_words(axis: Axis, points: Sequence[TradeOff]) -> str:
    """With its unit, for the chart."""
    currency = next((point.currency for point in points if point.currency), None)
    return f"{_WORDS[axis]}, {currency}" if axis == "money" and currency else _WORDS[axis]


def axis_figure(axis: Axis, point: TradeOff) -> float | None:
    """In the unit of the words."""
    figure: float | None = getattr(point, axis)
    return None if figure is None else figure / _DIVIDED_BY.get(axis, 1.0)


def how_words(axis: Axis, points: Sequence[TradeOff]) -> str:
    """How the figures of an axis were had."""
    ways = dict.fromkeys(point.how[axis] for point in points if axis in point.how)
    return f"{axis_title(axis)}: {'; '.join(ways)}." if ways else ""


def trade_off_columns() -> list[Column]:
    titles = [Column(axis_title(axis), "* best at its price") for axis in AXES]
    return [Column("Model", is_text=True), Column("Passed"), *titles]


def trade_off_rows(points: Sequence[TradeOff], contenders: Sequence[Contender]) -> list[list[Cell]]:
    return [
        [
            Cell(title, hint=contender.name),
            Cell(NONE if point.quality is None else f"{point.quality * 100:.1f} %", point.quality),
            *(_cell(axis, point) for axis in AXES),
        ]
        for point, contender, title in zip(
            points, contenders, short_titles(contenders), strict=True
        )
    ]


def _cell(axis: Axis, point: TradeOff) -> Cell:
    figure: float | None = getattr(point, axis)
    if figure is None:
        return Cell(NONE, None, f"Not known: {point.absent.get(axis, 'not measured')}.")
    how, best = point.how[axis], axis in point.front
    hint = f"{how[:1].upper()}{how[1:]}. {_ON_FRONT if best else ''}".strip()
    return Cell(f"{_text(axis, point, figure)}{' *' if best else ''}", figure, hint)


def _text(axis: Axis, point: TradeOff, figure: float) -> str:
    match axis:
        case "seconds":
            return f"{digits_text(figure, 3)} s"
        case "joules":
            return (
                f"{'~' if point.how[axis].startswith('estimated') else ''}{digits_text(figure)} J"
            )
        case "money":
            return money_text(figure, point.currency or "", 2)
        case _:
            return size(int(figure))
