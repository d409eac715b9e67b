"""The chart of a fidelity run. Imported when it is first shown: pyqtgraph takes half a second."""

from __future__ import annotations

from typing import Final

import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.contract import Contender
from engine.quality.fidelity_document import FidelityDocument
from engine.quality.fidelity_statistics import Estimate, Fidelity
from gui.quality.fidelity_words import error_of
from gui.theme import Theme

KLD, SAME_TOP, SIZE = "kld", "same_top", "size"
CHARTS: Final = {
    KLD: "Mean KLD",
    SAME_TOP: "Same next token",
    SIZE: "Mean KLD against size",
}
_MB: Final = 1e6


class FidelityChart(QWidget):
    """A dot with its ± for every candidate; the noise floor as a dashed line where it belongs."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._document: FidelityDocument | None = None
        self._sizes: dict[str, float] = {}
        self._kind = KLD
        self.plot = pyqtgraph.PlotWidget(self)
        self.plot.setAccessibleName("Chart of the measured differences")
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setAntialiasing(True)
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        for side in ("left", "bottom"):
            # Only now: while an axis has a label, switching prefixes off scales it once more.
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        theme.changed.connect(self._draw)

    def show_result(
        self, document: FidelityDocument, contenders: dict[str, Contender], kind: str
    ) -> None:
        self._document, self._kind = document, kind
        self._sizes = {name: each.model.size_bytes / _MB for name, each in contenders.items()}
        self._draw()

    def _draw(self) -> None:
        document = self._document
        if document is None:
            return
        self.plot.clear()
        self._dress()
        shown = [each for each in document.candidates if isinstance(each, Fidelity)]
        floor = document.noise_floor
        if self._kind == SIZE:
            self._against_size(shown, None if floor is None else floor.mean_kld)
        elif self._kind == SAME_TOP:
            self._by_candidate(shown, [each.same_top_percent for each in shown], " %", None)
        else:
            line = None if floor is None else floor.mean_kld
            self._by_candidate(shown, [each.mean_kld for each in shown], "", line)

    def _by_candidate(
        self, shown: list[Fidelity], values: list[Estimate], unit: str, floor: float | None
    ) -> None:
        """One line each, the first at the top."""
        places = [float(len(shown) - 1 - place) for place in range(len(shown))]
        for place, value in zip(places, values, strict=True):
            self._dot(value.value, place, error_of(value), across=True)
        names = [(place, each.name) for place, each in zip(places, shown, strict=True)]
        self.plot.getAxis("left").setTicks([names])
        wide = max((self.fontMetrics().horizontalAdvance(each.name) for each in shown), default=40)
        self.plot.getAxis("left").setWidth(wide + self._theme.space.l)
        self.plot.setLabel("bottom", CHARTS[self._kind] + (f",{unit}" if unit else ", nats"))
        self.plot.setYRange(-0.6, len(shown) - 0.4, padding=0)
        self._spread_x(values, floor)
        self.setFixedHeight(self._theme.lines(5 + 2 * len(shown)))

    def _against_size(self, shown: list[Fidelity], floor: float | None) -> None:
        for each in shown:
            self._dot(
                self._sizes[each.name], each.mean_kld.value, error_of(each.mean_kld), across=False
            )
            words = pyqtgraph.TextItem(each.name, self._colour("text"), anchor=(0.5, 1.4))
            words.setPos(self._sizes[each.name], each.mean_kld.value)
            self.plot.addItem(words)
        self.plot.getAxis("left").setTicks(None)
        self.plot.getAxis("left").setWidth(None)
        self.plot.setLabel("bottom", "Size of the file, MB")
        self.plot.setLabel("left", "Mean KLD, nats")
        sizes = [self._sizes[each.name] for each in shown]
        if sizes:
            room = max(0.35 * (max(sizes) - min(sizes)), 0.2 * max(sizes))
            self.plot.setXRange(min(sizes) - room, max(sizes) + room, padding=0)
        tops = [each.mean_kld.value + (error_of(each.mean_kld) or 0.0) for each in shown]
        highest = max([*tops, floor or 0.0, 1e-6])
        self.plot.setYRange(-0.06 * highest, 1.35 * highest, padding=0)
        if floor is not None:
            self._line(floor, 0)
        self.setFixedHeight(self._theme.lines(16))

    def _spread_x(self, values: list[Estimate], floor: float | None) -> None:
        ends = [
            value.value + sign * (error_of(value) or 0.0) for value in values for sign in (-1, 1)
        ]
        if floor is not None:
            ends.append(floor)
            self._line(floor, 90)
        if self._kind == KLD:
            ends.append(0.0)
        else:
            ends.append(100.0)
        low, high = min(ends), max(ends)
        room = 0.06 * (high - low) or 0.01
        self.plot.setXRange(low - room, high + room, padding=0)

    def _dot(self, x: float, y: float, error: float | None, *, across: bool) -> None:
        pen = pyqtgraph.mkPen(self._colour("accent"), width=2)
        if error is not None:
            # The cap is in units of the other axis, which differ: none is drawn.
            ends = {"left": error, "right": error} if across else {"top": error, "bottom": error}
            self.plot.addItem(pyqtgraph.ErrorBarItem(x=_one(x), y=_one(y), pen=pen, **ends))
        self.plot.addItem(
            pyqtgraph.ScatterPlotItem(
                [x], [y], size=self._theme.space.m, pen=None, brush=self._colour("accent")
            )
        )

    def _line(self, at: float, angle: int) -> None:
        pen = pyqtgraph.mkPen(self._colour("muted"), width=1, style=Qt.PenStyle.DashLine)
        options = {"position": 0.95 if angle else 0.08, "color": self._colour("muted")}
        self.plot.addItem(
            pyqtgraph.InfiniteLine(at, angle=angle, pen=pen, label="noise floor", labelOpts=options)
        )

    def _dress(self) -> None:
        self.plot.setBackground(self._colour("surface"))
        self.plot.setLabel("left", "")
        self.plot.showGrid(x=True, y=self._kind == SIZE, alpha=0.15)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(self._colour("strong_border"))
            axis.setTextPen(self._colour("text"))

    def _colour(self, name: str) -> QColor:
        return QColor(getattr(self._theme.colours, name))


def _one(value: float) -> object:
    import numpy as np

    return np.array([value])
