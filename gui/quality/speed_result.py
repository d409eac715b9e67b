"""What a speed run measures: a table that fills, sentences, and a bar chart."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.quality.chart_card import ChartCard
from gui.quality.figures_table import FiguresModel, FiguresTable
from gui.quality.speed_model import SpeedModel
from gui.quality.speed_words import as_text, comparisons, scope, speed_columns, speed_row
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.card import padded_card
from gui.widgets.labels import label


class SpeedResult(QWidget):
    def __init__(self, theme: Theme, model: SpeedModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._figures = FiguresModel((), self)
        self.table = FiguresTable(theme, self._figures, "Speed of every model", parent=self)
        self.words = label("", wrap=True, selectable=True, parent=self)
        self.scope = label("", "small-muted", wrap=True, parent=self)
        self.copy_text = TextButton(
            theme, "copy", "Copy as text", "Copy the speeds as text", parent=self
        )
        self._chart_card = ChartCard(theme, {}, "Which test the chart shows", self)
        self.chart_choice = self._chart_card.choice
        self.chart: QWidget | None = None
        self._lay_out()
        self.copy_text.clicked.connect(self._copy)
        self.chart_choice.currentIndexChanged.connect(self._show_chart)
        for changed in (model.begun, model.measured, model.finished):
            changed.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Show what is measured so far."""
        model = self._model
        rows = [
            speed_row(each, model.tests, model.speeds, model.refused, running=model.running)
            for each in model.contenders
        ]
        self._figures.show_columns(speed_columns(model.tests), rows)
        self.words.setText("\n".join(comparisons(model.contenders, model.tests, model.speeds)))
        self.words.setVisible(bool(self.words.text()))
        first = next(iter(model.speeds.values()), None)
        self.scope.setText("" if first is None else scope(first))
        self.copy_text.setVisible(first is not None and not model.running)
        self._chart_card.setVisible(first is not None and not model.running)
        if first is not None and not model.running:
            measured = {name for _, name in model.speeds}
            self.chart_choice.offer({t.name: t.name for t in model.tests if t.name in measured})
            # The figures are painted first: the chart's first import takes half a second.
            QTimer.singleShot(0, self, self._show_chart)

    def _show_chart(self, _place: int = 0) -> None:
        from gui.quality.speed_chart import SpeedChart

        test = self.chart_choice.choice
        places = [(each.name, test) for each in self._model.contenders]
        shown = [self._model.speeds[place] for place in places if place in self._model.speeds]
        if self.chart is None:
            self.chart = SpeedChart(self._theme, self)
            self._chart_card.put(self.chart)
        assert isinstance(self.chart, SpeedChart)
        self.chart.show_speeds(shown)

    def _copy(self) -> None:
        model = self._model
        text = as_text(model.contenders, model.tests, model.speeds, model.refused)
        QGuiApplication.clipboard().setText(text)

    def _lay_out(self) -> None:
        space = self._theme.space
        card, inner = padded_card(self._theme, self)
        for part in (self.table, self.words, self.scope):
            inner.addWidget(part)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_text)
        buttons.addStretch(1)
        inner.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.m)
        column.addWidget(card)
        column.addWidget(self._chart_card)
        column.addStretch(1)
