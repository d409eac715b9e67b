"""The chart of a suite run: what passes, against size, memory, time, energy or money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.quality.standings import Axis, TradeOff
from gui.quality.plot import Plot
from gui.quality.trade_off import axis_figure, axis_words
from gui.theme import Theme

_LEAST_WIDTH: Final = 400
"""In pixels, before the chart is laid out."""
_Box = tuple[float, float, float, float]
"""Left, right, bottom and top."""


class TradeOffChart(QWidget):
    """A dot with its 95 % interval for every model; filled where no other is as good and as cheap."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._points: tuple[TradeOff, ...] = ()
        self._titles: tuple[str, ...] = ()
        self._axis: Axis = "size_bytes"
        self.plot = Plot(theme, "Chart of passed cases against cost", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.setFixedHeight(theme.lines(17))
        theme.changed.connect(self._draw)

    def show_points(self, points: Sequence[TradeOff], titles: Sequence[str], axis: Axis) -> None:
        """titles: the short names of the points' contenders."""
        self._points, self._titles, self._axis = tuple(points), tuple(titles), axis
        self._draw()

    def _draw(self) -> None:
        words = axis_words(self._axis, self._points)
        self.plot.begin("Passed, %", words, grid_y=True)
        front: list[tuple[float, float]] = []
        named: list[tuple[float, float, str]] = []
        lowest = 100.0
        for point, title in zip(self._points, self._titles, strict=True):
            x, undominated = axis_figure(self._axis, point), self._axis in point.front
            if x is None or point.quality is None:
                continue
            y = point.quality * 100.0
            low, high = point.quality_low, point.quality_high
            reach = None if low is None or high is None else (y - low * 100, high * 100 - y)
            self.plot.dot(x, y, along=reach, filled=undominated)
            named.append((x, y, title))
            lowest = min(lowest, y if reach is None else y - reach[0])
            if undominated:
                front.append((x, y))
        if front:
            self.plot.dashed(sorted(front))
        if named:
            costs = [x for x, _, _ in named]
            room = max(0.3 * (max(costs) - min(costs)), 0.1 * max(costs))
            across = (min(costs) - room, max(costs) + room)
            upwards = (max(-5.0, lowest - 6.0), 104.0)
            self.plot.spread(across, upwards)
            self._name(named, across[1] - across[0], upwards[1] - upwards[0])

    def _name(
        self, named: Sequence[tuple[float, float, str]], across: float, upwards: float
    ) -> None:
        """Names beside the dots; across, upwards: what the chart spans."""
        metrics, dot = self.fontMetrics(), self._theme.space.m
        wide, high = max(self.width(), _LEAST_WIDTH) / across, self.height() / upwards
        dots = [(x * wide, y * high) for x, y, _ in named]
        widths = [metrics.horizontalAdvance(f"  {text}") + dot for _, _, text in named]
        lines = free_lines(dots, widths, metrics.height(), dot)
        for (x, y, text), line in zip(named, lines, strict=True):
            self.plot.words(x, y, text, beside=True, lines=line)


def free_lines(
    dots: Sequence[tuple[float, float]], widths: Sequence[float], height: float, dot: float
) -> list[int]:
    """How many lines above its dot each name stands, so that it covers no other name and no dot.

    All in pixels; a name begins at its dot and goes to the right. The first that is free of 0, 1, -1, 2 …
    """
    taken = [(x, x + dot, y - dot / 2, y + dot / 2) for x, y in dots]
    lines = []
    for place, ((x, y), width) in enumerate(zip(dots, widths, strict=True)):
        for line in (0, 1, -1, 2, -2, 3, -3):
            low = y + (line - 0.5) * height
            box = (x, x + width, low, low + height)
            others = (each for other, each in enumerate(taken) if other != place)
            if not any(_overlap(box, each) for each in others):
                break
        lines.append(line)
        taken.append(box)
    return lines


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
