"""Bar charts as SVG that take their colours from the page and carry their figures as text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from storage.exports.figures import Cell, Column

_WIDTH: Final = 680
_LABELS: Final = 236
_FIGURES: Final = 124
_BAR: Final = 18
_STEP: Final = 34
_LONGEST_LABEL: Final = 22


def bar_chart(column: Column, names: Sequence[str]) -> str:
    """One bar a contender, from zero, with a whisker where a range is known."""
    largest = max(max(cell.value or 0.0, cell.high or 0.0) for cell in column.cells)
    scale = (_WIDTH - _LABELS - _FIGURES) / largest if largest > 0 else 0.0
    height = _STEP * len(names) + 4
    bars = "".join(
        _bar(name, cell, scale, _STEP * position, position)
        for position, (name, cell) in enumerate(zip(names, column.cells, strict=True))
    )
    figures = "; ".join(
        f"{name}: {cell.text}" for name, cell in zip(names, column.cells, strict=True)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" class="chart">'
        f"<title>{escape(column.title)} ({escape(column.better)} is better)</title>"
        f"<desc>{escape(figures)}</desc>{bars}</svg>"
    )


def _bar(name: str, cell: Cell, scale: float, top: float, position: int) -> str:
    middle = top + _STEP / 2
    length = max(0.0, (cell.value or 0.0) * scale)
    end = max(length, (cell.high or 0.0) * scale)
    label = name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
    return (
        f'<text x="{_LABELS - 10}" y="{middle:.1f}" class="label">{escape(label)}</text>'
        f'<rect x="{_LABELS}" y="{middle - _BAR / 2:.1f}" width="{length:.1f}" height="{_BAR}"'
        f' rx="2" class="bar colour-{position % 8}"/>'
        + _whisker(cell, scale, middle)
        + f'<text x="{_LABELS + end + 8:.1f}" y="{middle:.1f}" class="figure">'
        f"{escape(cell.text)}</text>"
    )


def _whisker(cell: Cell, scale: float, middle: float) -> str:
    if cell.low is None or cell.high is None:
        return ""
    low, high = _LABELS + max(0.0, cell.low) * scale, _LABELS + cell.high * scale
    return (
        f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8'
        f'M{high:.1f} {middle - 4}v8"/>'
    )
