"""What a suite run found: verdicts, quality beside its costs, and the cases.

Imported with the first result only: the checks bring numpy.
"""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.quality.figures_table import FiguresModel, FiguresTable
from gui.quality.suite_cases import SuiteCases
from gui.quality.suite_model import SuiteModel
from gui.quality.suite_words import (
    STANDING_COLUMNS,
    as_json,
    as_text,
    remarks,
    standing_rows,
)
from gui.quality.terms_bar import TermsBar
from gui.quality.trade_off_card import TradeOffCard
from gui.quality.verdict_card import VerdictCard
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.card import padded_card
from gui.widgets.labels import label


class SuiteResult(QWidget):
    def __init__(self, theme: Theme, model: SuiteModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self.cards: list[VerdictCard] = []
        self.title = label("", "strong", wrap=True, parent=self)
        self.terms = TermsBar(theme, self)
        self.resume = TextButton(
            theme, "play", "Finish this run", "Run what is missing", look="outline", parent=self
        )
        self._standings = FiguresModel(STANDING_COLUMNS, self)
        self.standings = FiguresTable(theme, self._standings, "Cases that each model passes")
        self.remarks = label("", "small-muted", wrap=True, parent=self)
        self.copy_text = TextButton(
            theme, "copy", "Copy as text", "Copy the verdicts as text", parent=self
        )
        self.copy_json = TextButton(
            theme, "copy", "Copy as JSON", "Copy everything found as JSON", parent=self
        )
        self.trade_off = TradeOffCard(theme, self)
        self.cases = SuiteCases(theme, self)
        self._column = QVBoxLayout(self)
        self._lay_out()
        self._connect()
        self.show_found()

    def show_found(self) -> None:
        found = self._model.found
        if found is None:
            return
        for card in self.cards:
            self._verdicts.removeWidget(card)
            card.hide()
            card.deleteLater()
        told = zip(found.assessment.verdicts, found.assessment.sentences, strict=True)
        self.cards = [VerdictCard(self._theme, *each, parent=self) for each in told]
        for card in self.cards:
            self._verdicts.addWidget(card)
        self.title.setText(found.suite.name)
        self.terms.show_found(found)
        self.resume.setVisible(found.unfinished and found.session is not None)
        self._standings.show_rows(standing_rows(found.assessment.standings))
        self.trade_off.show_found(found)
        self.cases.show_found(found)
        self.remarks.setText("\n".join(remarks(found)))
        self.remarks.setVisible(bool(self.remarks.text()))
        self.show()

    def _connect(self) -> None:
        model = self._model
        self.copy_text.clicked.connect(self._copy_text)
        self.copy_json.clicked.connect(self._copy_json)
        self.resume.clicked.connect(model.resume)
        self.cases.overruled.connect(model.overrule)
        self.terms.changed.connect(model.judge_by)
        model.begun.connect(self.hide)
        model.finished.connect(self.show_found)

    def _lay_out(self) -> None:
        space = self._theme.space
        head = QHBoxLayout()
        head.setSpacing(space.s)
        head.addWidget(self.title, 1)
        head.addWidget(self.resume)
        card, inner = padded_card(self._theme, self)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_text)
        buttons.addWidget(self.copy_json)
        buttons.addStretch(1)
        inner.addWidget(self.standings)
        inner.addWidget(self.remarks)
        inner.addLayout(buttons)
        inner.addWidget(self.cases)
        self._verdicts = QVBoxLayout()
        self._verdicts.setSpacing(space.m)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space.m)
        self._column.addLayout(head)
        self._column.addWidget(self.terms)
        self._column.addLayout(self._verdicts)
        self._column.addWidget(self.trade_off)
        self._column.addWidget(card)
        self._column.addStretch(1)

    def _copy_text(self) -> None:
        if self._model.found is not None:
            QGuiApplication.clipboard().setText(as_text(self._model.found))

    def _copy_json(self) -> None:
        if self._model.found is not None:
            QGuiApplication.clipboard().setText(as_json(self._model.found))
