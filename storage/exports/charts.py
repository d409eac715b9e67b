"""Bar charts as SVG that take their colours from the page and carry their figures as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.naming import short_names
from storage.exports.figures import Cell, Column
from storage.exports.speeds import KEY as SPEED
from storage.exports.svg import BASELINE, COLOURS, LETTER, drawing, fitting, words

_LABELS: Final = 0.35
"""Of the width; names that need more are cut."""

_BAR: Final = 18
_STEP: Final = 34
_CHARTED: Final = (
    *("pass_rate", "same_top_percent", "mean_kld", "generation_tokens_per_s", "ttft_s"),
    *("energy_joules", "peak_bytes", "total_s"),
)
_MOST_CHARTS: Final = 4


def charted(columns: Sequence[Column]) -> list[Column]:
    """The figures worth a picture: those that at least two contenders have."""
    several = {c.key: c for c in columns if sum(cell.value is not None for cell in c.cells) > 1}
    speeds = [key for key in several if key.startswith(SPEED)]
    return [several[key] for key in (*speeds, *_CHARTED) if key in several][:_MOST_CHARTS]


def bar_chart(column: Column, names: Sequence[str], width: float = 680) -> str:
    """One bar a contender, from zero, with a whisker where a range is known; its words tell names in full."""
    largest = max(max(cell.value or 0.0, cell.high or 0.0) for cell in column.cells)
    left = width * _LABELS
    right = LETTER * max(len(cell.text) for cell in column.cells) + 16
    scale = max(0.0, width - left - right) / largest if largest > 0 else 0.0
    bars = "".join(
        _bar(name, cell, scale, left, position)
        for position, (name, cell) in enumerate(zip(short_names(names), column.cells, strict=True))
    )
    figures = "; ".join(
        f"{name}: {cell.text}" for name, cell in zip(names, column.cells, strict=True)
    )
    title = f"{column.title} ({column.better} is better)"
    return drawing(width, _STEP * len(names) + 4, title, figures, bars)


def _bar(name: str, cell: Cell, scale: float, left: float, position: int) -> str:
    middle = _STEP * position + _STEP / 2
    length = max(0.0, (cell.value or 0.0) * scale)
    end = max(length, (cell.high or 0.0) * scale)
    label = fitting(name, int(left / LETTER))
    return (
        f'<text x="{left - 10:.1f}" y="{middle + BASELINE:.1f}" class="label">{words(label)}</text>'
        f'<rect x="{left:.1f}" y="{middle - _BAR / 2:.1f}" width="{length:.1f}" height="{_BAR}"'
        f' rx="2" class="bar colour-{position % len(COLOURS)}"/>'
        + _whisker(cell, scale, left, middle)
        + f'<text x="{left + end + 8:.1f}" y="{middle + BASELINE:.1f}" class="figure">'
        f"{words(cell.text)}</text>"
    )


def _whisker(cell: Cell, scale: float, left: float, middle: float) -> str:
    if cell.low is None or cell.high is None:
        return ""
    low, high = left + max(0.0, cell.low) * scale, left + cell.high * scale
    return (
        f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8'
        f'M{high:.1f} {middle - 4}v8"/>'
    )
