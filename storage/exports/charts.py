"""Bar charts as SVG that take their colours from the page and carry their figures as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from storage.exports.figures import Cell, Column

_LABELS: Final = 0.35
"""Of the width; names that need more are cut."""

_FIGURES: Final = 124
_BAR: Final = 18
_STEP: Final = 34
_LETTER: Final = 9.2
"""The widest that the average letter of a name gets, at the size of the charts' type."""

_BASELINE: Final = 5
"""From the middle of a line of text down to what its letters stand on: not every viewer centres text."""

COLOURS: Final = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7"),
    *("#56b4e9", "#e69f00", "#7a6ff0", "#777777"),
)
"""Of the contenders, on paper; after Okabe and Ito, told apart by people who see colours otherwise."""

_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE: Final = (
    "text{fill:#1c1f23;font-size:14px;font-family:'Helvetica Neue','Segoe UI','Noto Sans',"
    "'Liberation Sans',Arial,'DejaVu Sans',sans-serif}.label{text-anchor:end}"
    ".whisker{stroke:#1c1f23;stroke-width:1.5;fill:none}"
    + "".join(f".colour-{place}{{fill:{colour}}}" for place, colour in enumerate(COLOURS))
)


_CHARTED: Final = ("generation_tokens_per_s", "ttft_s", "energy_joules", "peak_bytes", "total_s")
_MOST_CHARTS: Final = 4


def charted(columns: Sequence[Column]) -> list[Column]:
    """The figures worth a picture: those that at least two contenders have."""
    several = {c.key: c for c in columns if sum(cell.value is not None for cell in c.cells) > 1}
    return [several[key] for key in _CHARTED if key in several][:_MOST_CHARTS]


def bar_chart(column: Column, names: Sequence[str], width: float = 680) -> str:
    """One bar a contender, from zero, with a whisker where a range is known."""
    largest = max(max(cell.value or 0.0, cell.high or 0.0) for cell in column.cells)
    left = width * _LABELS
    scale = (width - left - _FIGURES) / largest if largest > 0 else 0.0
    height = _STEP * len(names) + 4
    bars = "".join(
        _bar(name, cell, scale, left, position)
        for position, (name, cell) in enumerate(zip(names, column.cells, strict=True))
    )
    figures = "; ".join(
        f"{name}: {cell.text}" for name, cell in zip(names, column.cells, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" role="img"'
        f' class="chart">'
        f"<title>{_words(column.title)} ({_words(column.better)} is better)</title>"
        f"<desc>{_words(figures)}</desc>{bars}</svg>"
    )


def alone(chart: str) -> str:
    """The chart with its own colours and type, for where there is no page around it."""
    head, mark, rest = chart.partition(">")
    return f"{head}{mark}<style>{_STYLE}</style>{rest}"


def _bar(name: str, cell: Cell, scale: float, left: float, position: int) -> str:
    middle = _STEP * position + _STEP / 2
    length = max(0.0, (cell.value or 0.0) * scale)
    end = max(length, (cell.high or 0.0) * scale)
    label = _fitting(name, int(left / _LETTER))
    return (
        f'<text x="{left - 10:.1f}" y="{middle + _BASELINE:.1f}" class="label">{_words(label)}</text>'
        f'<rect x="{left:.1f}" y="{middle - _BAR / 2:.1f}" width="{length:.1f}" height="{_BAR}"'
        f' rx="2" class="bar colour-{position % len(COLOURS)}"/>'
        + _whisker(cell, scale, left, middle)
        + f'<text x="{left + end + 8:.1f}" y="{middle + _BASELINE:.1f}" class="figure">'
        f"{_words(cell.text)}</text>"
    )


def _words(text: str) -> str:
    """As XML takes it, which knows no control characters."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _fitting(name: str, longest: int) -> str:
    """The middle gives way: names of models differ at their ends, where the quantization stands."""
    if len(name) <= longest:
        return name
    tail = longest // 2
    return f"{name[: longest - tail - 1]}…{name[-tail:]}"


def _whisker(cell: Cell, scale: float, left: float, middle: float) -> str:
    if cell.low is None or cell.high is None:
        return ""
    low, high = left + max(0.0, cell.low) * scale, left + cell.high * scale
    return (
        f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8'
        f'M{high:.1f} {middle - 4}v8"/>'
    )
