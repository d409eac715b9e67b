"""A plot in the look of the window. Imported when one is first shown: pyqtgraph takes half a second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.theme import Theme
from gui.widgets.copy_menu import offer_picture


class Plot(QWidget):
    """Dots with their intervals, words and rules; what is on it is drawn anew after `begin`."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.view = pyqtgraph.PlotWidget(self)
        self.view.setAccessibleName(name)
        offer_picture(self.view)
        self.view.setAntialiasing(True)
        self.view.setMenuEnabled(False)
        self.view.setMouseEnabled(x=False, y=False)
        self.view.hideButtons()
        self.view.setFrameShape(self.view.Shape.NoFrame)
        for side in ("left", "bottom"):
            # Only now: while an axis has a label, switching prefixes off scales it once more.
            self.view.getAxis(side).enableAutoSIPrefix(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)

    def begin(self, left: str, bottom: str, *, grid_y: bool) -> None:
        self.view.clear()
        self.view.setBackground(self._colour("surface"))
        self.view.setLabel("left", left)
        self.view.setLabel("bottom", bottom)
        self.view.showGrid(x=True, y=grid_y, alpha=0.15)
        for side in ("left", "bottom"):
            axis = self.view.getAxis(side)
            axis.setPen(self._colour("strong_border"))
            axis.setTextPen(self._colour("text"))

    def name_lines(self, names: Sequence[tuple[float, str]]) -> None:
        """Names instead of numbers at the left, or numbers again where there are none."""
        axis = self.view.getAxis("left")
        axis.setTicks([list(names)] if names else None)
        wide = max((self.fontMetrics().horizontalAdvance(name) for _, name in names), default=0)
        axis.setWidth(wide + self._theme.space.l if names else None)

    def spread(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.view.setXRange(*x, padding=0)
        self.view.setYRange(*y, padding=0)

    def dot(
        self,
        x: float,
        y: float,
        *,
        across: tuple[float, float] | None = None,
        along: tuple[float, float] | None = None,
        filled: bool = True,
    ) -> None:
        """across: the interval's reach to the left and right; along: to the bottom and top."""
        colour = self._colour("accent")
        reach = {}
        if across is not None:
            reach = {"left": np.array([across[0]]), "right": np.array([across[1]])}
        if along is not None:
            reach |= {"bottom": np.array([along[0]]), "top": np.array([along[1]])}
        pen = pyqtgraph.mkPen(colour, width=2)
        if reach:
            bars = pyqtgraph.ErrorBarItem(x=np.array([x]), y=np.array([y]), pen=pen, **reach)
            self.view.addItem(bars)
        brush = colour if filled else self._colour("surface")
        size = self._theme.space.m
        self.view.addItem(pyqtgraph.ScatterPlotItem([x], [y], size=size, pen=pen, brush=brush))

    def bar(self, length: float, y: float, *, spread: float = 0.0) -> None:
        """From the left edge; the spread stands around its end."""
        bar = pyqtgraph.BarGraphItem(
            x0=0.0, y=y, width=length, height=0.5, pen=None, brush=self._colour("accent")
        )
        self.view.addItem(bar)
        if spread:
            end, reach = np.array([length]), np.array([spread])
            pen = pyqtgraph.mkPen(self._colour("text"), width=2)
            across = {"left": reach, "right": reach, "beam": 0.2}
            self.view.addItem(pyqtgraph.ErrorBarItem(x=end, y=np.array([y]), pen=pen, **across))

    def words(self, x: float, y: float, text: str, *, beside: bool = False, lines: int = 0) -> None:
        """Above the dot there, or to its right, where an interval stands above it; lines: so much higher."""
        anchor = (0.0, 0.5 + lines) if beside else (0.5, 1.4)
        item = pyqtgraph.TextItem(
            f"  {text}" if beside else text, self._colour("text"), anchor=anchor
        )
        item.setPos(x, y)
        self.view.addItem(item)

    def rule(self, at: float, text: str, *, upright: bool, named_at: float = 0.08) -> None:
        """named_at: where along the line its name stands, 0 to 1."""
        options = {"position": named_at, "color": self._colour("muted")}
        self.view.addItem(
            pyqtgraph.InfiniteLine(
                at, angle=90 if upright else 0, pen=self._dashes(), label=text, labelOpts=options
            )
        )

    def dashed(self, points: Sequence[tuple[float, float]]) -> None:
        """A dashed line through the points."""
        x, y = [list(axis) for axis in zip(*points, strict=True)]
        self.view.addItem(pyqtgraph.PlotCurveItem(x, y, pen=self._dashes()))

    def _dashes(self) -> object:
        return pyqtgraph.mkPen(self._colour("muted"), width=1, style=Qt.PenStyle.DashLine)

    def _colour(self, name: str) -> QColor:
        return QColor(getattr(self._theme.colours, name))
