"""What a fidelity run finds: table, sentences, chart, and everything else folded away.

Imported with the first result only: the engine's statistics bring numpy.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.contract import Fidelity, FidelityDocument
from engine.quality.fidelity_sentences import (
    CAVEAT,
    noise_sentence,
    remarks,
    scope_sentence,
    sentences,
)
from gui.quality.chart_card import ChartCard
from gui.quality.fidelity_model import FidelityModel
from gui.quality.fidelity_words import (
    COLUMNS,
    as_json,
    as_text,
    detail_columns,
    detail_rows,
    result_row,
    running_row,
)
from gui.quality.figures_table import FiguresModel, FiguresTable
from gui.quality.worst_places import WorstPlaces
from gui.theme import Theme
from gui.widgets.buttons import FoldButton, TextButton
from gui.widgets.card import padded_card
from gui.widgets.labels import label

_CHARTS = {"kld": "Mean KLD", "same_top": "Same next token", "size": "Mean KLD against size"}


class FidelityResult(QWidget):
    """`divergence_wanted` carries the Question of a reply, after a run on replies."""

    divergence_wanted = Signal(object)

    def __init__(self, theme: Theme, model: FidelityModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._figures = FiguresModel(COLUMNS, self)
        self.table = FiguresTable(theme, self._figures, "Figures of every candidate", parent=self)
        self.words = label("", wrap=True, selectable=True, parent=self)
        self.scope = label("", "small-muted", wrap=True, selectable=True, parent=self)
        self.noise = label("", "small-muted", wrap=True, selectable=True, parent=self)
        self.caveat = label(CAVEAT, "small-muted", wrap=True, parent=self)
        self.copy_text = TextButton(
            theme, "copy", "Copy as text", "Copy the result as text", parent=self
        )
        self.copy_json = TextButton(
            theme, "copy", "Copy as JSON", "Copy the result as JSON", parent=self
        )
        self._chart_card = ChartCard(theme, _CHARTS, "What the chart shows", self)
        self.chart_choice = self._chart_card.choice
        self.chart: QWidget | None = None
        self.worst = WorstPlaces(theme, model, self)
        self.worst.wanted.connect(self.divergence_wanted)
        self.fold = FoldButton(theme, "All figures and percentiles", "all figures", self)
        self._details = FiguresModel((), self)
        self.details = FiguresTable(theme, self._details, "All figures", parent=self)
        self.details.hide()
        self._lay_out()
        self.copy_text.clicked.connect(self._copy_text)
        self.copy_json.clicked.connect(self._copy_json)
        self.chart_choice.currentIndexChanged.connect(self._show_chart)
        self.fold.toggled.connect(self.details.setVisible)
        model.estimated.connect(self.show_state)
        model.begun.connect(self.show_state)
        model.finished.connect(self.show_state)
        self.show_state()

    def show_state(self, _name: str = "") -> None:
        """Show the estimates so far, or the result once it is there."""
        document = self._model.document
        candidates = self._model.candidates
        if document is None:
            known, over = self._model.running_estimates, not self._model.running
            rows = [running_row(each, known.get(each.name), over=over) for each in candidates]
        else:
            rows = [
                result_row(each, found)
                for each, found in zip(candidates, document.candidates, strict=True)
            ]
        self._figures.show_rows(rows)
        for part in self._final_parts():
            part.setVisible(document is not None)
        self.details.setVisible(document is not None and self.fold.isChecked())
        if document is not None:
            self._show_document(document)

    def _show_document(self, document: FidelityDocument) -> None:
        self.words.setText("\n\n".join(sentences(document)))
        self.scope.setText(" ".join((scope_sentence(document), *remarks(document))))
        self.noise.setText(noise_sentence(document))
        self.worst.show_document(document)
        self._details.show_columns(detail_columns(document), detail_rows(document))
        comparable = any(isinstance(each, Fidelity) for each in document.candidates)
        self._chart_card.setVisible(comparable)
        self.worst.setVisible(comparable and document.scored == "replies")
        self.fold.setVisible(comparable)
        if comparable:
            # The figures are painted first: the chart's first import takes half a second.
            QTimer.singleShot(0, self, self._show_chart)

    def _show_chart(self, _place: int = 0) -> None:
        from gui.quality.fidelity_chart import FidelityChart

        document = self._model.document
        if document is None:
            return
        if self.chart is None:
            self.chart = FidelityChart(self._theme, self)
            self._chart_card.put(self.chart)
        assert isinstance(self.chart, FidelityChart)
        contenders = {each.name: each for each in self._model.candidates}
        self.chart.show_result(document, contenders, self.chart_choice.choice)

    def _final_parts(self) -> tuple[QWidget, ...]:
        buttons = (self.copy_text, self.copy_json)
        words = (self.words, self.scope, self.noise, self.caveat)
        return (*words, *buttons, self.worst, self._chart_card, self.fold)

    def _lay_out(self) -> None:
        space = self._theme.space
        card, inner = padded_card(self._theme, self)
        for part in (self.table, self.words, self.caveat, self.scope, self.noise):
            inner.addWidget(part)
        buttons = QHBoxLayout()
        buttons.setSpacing(space.s)
        buttons.addWidget(self.copy_text)
        buttons.addWidget(self.copy_json)
        buttons.addStretch(1)
        inner.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.m)
        column.addWidget(card)
        column.addWidget(self.worst)
        column.addWidget(self._chart_card)
        column.addWidget(self.fold)
        column.addWidget(self.details)
        column.addStretch(1)

    def _copy_text(self) -> None:
        document = self._model.document
        if document is not None:
            contenders = {each.name: each for each in self._model.candidates}
            QGuiApplication.clipboard().setText(as_text(document, contenders))

    def _copy_json(self) -> None:
        if self._model.document is not None:
            QGuiApplication.clipboard().setText(as_json(self._model.document))
