"""Quality over cost as SVG: what stands high and left passes more for less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.naming import short_names
from storage.exports.figures import Cell
from storage.exports.svg import BASELINE, COLOURS, LETTER, drawing, fitting, words
from storage.exports.trade_off import Weighed

_HEIGHT: Final = 300.0
_LEFT: Final = 54.0
_TOP: Final = 14.0
_FOOT: Final = 46.0
_RADIUS: Final = 6.0
_LINE: Final = 17.0
_SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def scatter(found: Weighed, names: Sequence[str], width: float = 680) -> str:
    """A dot a contender, filled where nothing cheaper passes as many, with its interval as a whisker."""
    costs = [cell.value or 0.0 for cell in found.costs]
    reach = max(costs) * 1.1 or 1.0
    across, down = width - _LEFT - 16, _HEIGHT - _TOP - _FOOT
    x = [_LEFT + across * cost / reach for cost in costs]
    y = [_TOP + down * (1 - (cell.value or 0.0)) for cell in found.passed]
    shapes = [*_frame(found, width, down)]
    for place, cell in enumerate(found.passed):
        if cell.value is not None:
            shapes.append(_interval(cell, x[place], down))
            shapes.append(_dot(x[place], y[place], place, filled=bool(found.worth[place])))
    shapes.extend(_names(found, names, x, y, width))
    title = f"Passed cases over {found.cost}"
    told = "; ".join(
        f"{name}: {quality.text} for {cost.text}"
        for name, quality, cost in zip(names, found.passed, found.costs, strict=True)
    )
    return drawing(width, _HEIGHT, title, told, "".join(shapes))


def _frame(found: Weighed, width: float, down: float) -> Iterator[str]:
    for share in _SHARES:
        level = _TOP + down * (1 - share)
        yield f'<path class="grid" d="M{_LEFT:g} {level:.1f}H{width - 16:g}"/>'
        yield (
            f'<text class="label axis" x="{_LEFT - 8:g}" y="{level + BASELINE - 1:.1f}">'
            f"{100 * share:.0f} %</text>"
        )
    largest = max(found.costs, key=lambda cell: cell.value or 0.0)
    foot = _TOP + down + 20
    yield f'<text class="axis" x="{_LEFT:g}" y="{foot:g}">0</text>'
    at = _LEFT + (width - _LEFT - 16) / 1.1
    yield f'<text class="middle axis" x="{at:.1f}" y="{foot:g}">{words(largest.text)}</text>'
    middle = (width + _LEFT) / 2
    yield (
        f'<text class="middle axis" x="{middle:.1f}" y="{foot + 16:g}">{words(found.cost)}</text>'
    )


def _interval(cell: Cell, x: float, down: float) -> str:
    if cell.low is None or cell.high is None:
        return ""
    low, high = _TOP + down * (1 - cell.low), _TOP + down * (1 - cell.high)
    return f'<path class="interval" d="M{x:.1f} {high:.1f}V{low:.1f}"/>'


def _dot(x: float, y: float, place: int, *, filled: bool) -> str:
    colour = place % len(COLOURS)
    inside = f"colour-{colour}" if filled else "hollow"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:g}" class="{inside} line-{colour}"/>'


def _names(
    found: Weighed, names: Sequence[str], x: Sequence[float], y: Sequence[float], width: float
) -> Iterator[str]:
    """Beside their dots, moved down where they would stand on one another."""
    longest = int((width - _LEFT) / 2 / LETTER)
    free = 0.0
    shown = short_names(names)
    for place in sorted(range(len(names)), key=lambda each: y[each]):
        if found.passed[place].value is None:
            continue
        free = max(free, y[place] - _RADIUS) + _LINE
        right = x[place] < (width + _LEFT) / 2
        at = x[place] + 12 if right else x[place] - 12
        side = "name" if right else "name label"
        yield (
            f'<text class="{side}" x="{at:.1f}" y="{free - _LINE + _RADIUS + BASELINE:.1f}">'
            f"{words(fitting(shown[place], longest))}</text>"
        )
