"""The bar chart of a speed run: one test, a bar a model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract import Measured
from gui.quality.plot import Plot
from gui.quality.speed_words import figure
from gui.theme import Theme


class SpeedChart(QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: tuple[Measured, ...] = ()
        self.plot = Plot(theme, "Chart of the measured speeds", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        theme.changed.connect(self._draw)

    def show_speeds(self, shown: Sequence[Measured]) -> None:
        """Of one test, the first at the top."""
        self._shown = tuple(shown)
        self._draw()

    def _draw(self) -> None:
        if not self._shown:
            return
        self.plot.begin("", "Tokens a second", grid_y=False)
        last = len(self._shown) - 1
        longest = max(each.avg_ts + (each.stddev_ts or 0.0) for each in self._shown)
        for place, each in enumerate(self._shown):
            self.plot.bar(each.avg_ts, last - place, spread=each.stddev_ts or 0.0)
            end = each.avg_ts + (each.stddev_ts or 0.0)
            self.plot.words(end, last - place, figure(each), beside=True)
        self.plot.name_lines([(last - i, each.contender) for i, each in enumerate(self._shown)])
        self.plot.spread((0.0, 1.2 * longest), (-0.6, last + 0.6))
        self.setFixedHeight(self._theme.lines(5 + 2 * len(self._shown)))
