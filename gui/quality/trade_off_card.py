"""Quality beside what it costs: a chart against each known cost, and all figures in a table."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.quality.standings import Axis
from engine.quality.trade_off import known_axes, trade_off_csv
from gui.quality.figures_table import FiguresModel, FiguresTable
from gui.quality.suite_words import short_titles
from gui.quality.suite_work import SuiteFound
from gui.quality.trade_off import axis_title, how_words, trade_off_columns, trade_off_rows
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import label

_FRONT = (
    "Filled, and starred below: no other model passes as many cases and costs as little. "
    "Bars: 95 % intervals."
)


class TradeOffCard(QFrame):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found: SuiteFound | None = None
        self.setProperty("look", "card")
        self.axis_choice = ChoiceField({}, "", self)
        self.axis_choice.setAccessibleName("What the chart sets quality against")
        self.chart: QWidget | None = None
        self.how = label("", "small-muted", wrap=True, parent=self)
        self._figures = FiguresModel(trade_off_columns(), self)
        self.table = FiguresTable(theme, self._figures, "Quality beside what it costs", parent=self)
        self.copy_csv = TextButton(
            theme, "copy", "Copy as CSV", "Copy quality beside its costs as CSV", parent=self
        )
        self._lay_out()
        self.axis_choice.currentIndexChanged.connect(self._show_chart)
        self.copy_csv.clicked.connect(self._copy_csv)

    def show_found(self, found: SuiteFound) -> None:
        self._found = found
        self._figures.show_rows(trade_off_rows(found.trade_off, found.contenders))
        self.axis_choice.offer({axis: axis_title(axis) for axis in known_axes(found.trade_off)})
        # The verdicts are painted first: the chart's first import takes half a second.
        QTimer.singleShot(0, self, self._show_chart)

    def _show_chart(self, _place: int = 0) -> None:
        from gui.quality.trade_off_chart import TradeOffChart

        found = self._found
        axis: Axis | None = self.axis_choice.currentData()
        if found is None or axis is None:
            return
        if self.chart is None:
            self.chart = TradeOffChart(self._theme, self)
            self._chart_place.addWidget(self.chart)
        assert isinstance(self.chart, TradeOffChart)
        self.chart.show_points(found.trade_off, short_titles(found.contenders), axis)
        self.how.setText(how_words(axis, found.trade_off))

    def _lay_out(self) -> None:
        space = self._theme.space
        chosen = QHBoxLayout()
        chosen.setSpacing(space.s)
        chosen.addWidget(label("Passed cases against", "strong", parent=self))
        chosen.addWidget(self.axis_choice)
        chosen.addStretch(1)
        chosen.addWidget(self.copy_csv)
        self._chart_place = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.s)
        column.addLayout(chosen)
        column.addWidget(label(_FRONT, "small-muted", wrap=True, parent=self))
        column.addLayout(self._chart_place)
        column.addWidget(self.how)
        column.addWidget(self.table)

    def _copy_csv(self) -> None:
        if self._found is not None:
            QGuiApplication.clipboard().setText(trade_off_csv(self._found.trade_off))
