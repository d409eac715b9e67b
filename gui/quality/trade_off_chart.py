"""The chart of a suite run: what passes, against size, memory, time, energy or money."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.quality.standings import Axis, TradeOff
from gui.quality.plot import Plot
from gui.quality.trade_off import axis_figure, axis_words
from gui.theme import Theme


class TradeOffChart(QWidget):
    """A dot with its 95 % interval for every model; filled where no other is as good and as cheap."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        costs: list[float] = []
        lowest = 100.0
        for point, title in zip(self._points, self._titles, strict=True):
            x, undominated = axis_figure(self._axis, point), self._axis in point.front
            if x is None or point.quality is None:
                continue
            y = point.quality * 100.0
            low, high = point.quality_low, point.quality_high
            reach = None if low is None or high is None else (y - low * 100, high * 100 - y)
            self.plot.dot(x, y, along=reach, filled=undominated)
            self.plot.words(x, y, title, beside=True)
            costs.append(x)
            lowest = min(lowest, y if reach is None else y - reach[0])
            if undominated:
                front.append((x, y))
        if front:
            self.plot.dashed(sorted(front))
        if costs:
            room = max(0.3 * (max(costs) - min(costs)), 0.1 * max(costs))
            across = (min(costs) - room, max(costs) + room)
            self.plot.spread(across, (max(-5.0, lowest - 6.0), 104.0))
