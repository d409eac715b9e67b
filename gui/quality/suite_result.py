"""What a suite run found: a card for each verdict, and the cases that came out differently.

Imported with the first result only: the checks bring numpy.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from engine.contract import Case, Verdict
from engine.quality.standings import Axis, TradeOff
from gui.quality.figures_table import FiguresModel, FiguresTable
from gui.quality.overrule_form import OverruleForm
from gui.quality.suite_model import SuiteModel
from gui.quality.suite_words import (
    STANDING_COLUMNS,
    as_json,
    as_text,
    badge,
    case_columns,
    case_rows,
    differing_cases,
    evidence,
    remarks,
    scores_of,
    short_titles,
    standing_rows,
    verdict_figures,
)
from gui.quality.trade_off import AXES, known_axes, trade_offs
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField
from gui.widgets.flow import FlowLayout
from gui.widgets.labels import Badge, label

_FRONT = "Filled: no other model passes as many cases and costs as little. Bars: 95 % intervals."


class VerdictCard(QFrame):
    """Is this candidate good enough? The answer, the sentence, the figures."""

    def __init__(
        self, theme: Theme, verdict: Verdict, sentence: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        space = theme.space
        self.setProperty("look", "card")
        self.badge = Badge(self)
        self.badge.show_state(*badge(verdict))
        self.sentence = label(sentence, wrap=True, parent=self)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = QHBoxLayout()
        head.setSpacing(space.s)
        head.addWidget(label(verdict.contender, "strong", parent=self))
        head.addWidget(self.badge)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        column.setSpacing(space.s)
        column.addLayout(head)
        column.addWidget(self.sentence)
        figures = QWidget(self)
        flow = FlowLayout(space.xl, figures)
        for name, value in verdict_figures(verdict):
            flow.addWidget(_figure(name, value, figures))
        column.addWidget(figures)


class SuiteResult(QWidget):
    def __init__(self, theme: Theme, model: SuiteModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._shown: list[Case] = []
        self._points: tuple[TradeOff, ...] = ()
        self.cards: list[VerdictCard] = []
        self._standings = FiguresModel(STANDING_COLUMNS, self)
        self.standings = FiguresTable(theme, self._standings, "Cases that each model passes")
        self._cases = FiguresModel((), self)
        self.cases = FiguresTable(
            theme, self._cases, "Cases that came out differently", most_lines=8
        )
        self.cases_title = label("", "strong", parent=self)
        self.evidence = QPlainTextEdit(self)
        self.remarks = label("", "small-muted", wrap=True, parent=self)
        self.copy_text = TextButton(
            theme, "copy", "Copy as text", "Copy the verdicts as text", parent=self
        )
        self.copy_json = TextButton(
            theme, "copy", "Copy as JSON", "Copy everything found as JSON", parent=self
        )
        self.axis_choice = ChoiceField({}, "", self)
        self.axis_choice.setAccessibleName("What the chart sets quality against")
        self.chart: QWidget | None = None
        self._chart_card = QFrame(self)
        self.overrule = TextButton(
            theme, "sliders", "Overrule a check…", "Overrule a check of this case", parent=self
        )
        self.overrule.clicked.connect(self._open_overrule)
        self._column = QVBoxLayout(self)
        self._lay_out()
        self.copy_text.clicked.connect(self._copy_text)
        self.copy_json.clicked.connect(self._copy_json)
        self.axis_choice.currentIndexChanged.connect(self._show_chart)
        self.cases.selectionModel().currentRowChanged.connect(self._show_evidence)
        model.begun.connect(self.hide)
        model.finished.connect(self.show_found)
        self.show_found()

    def show_found(self) -> None:
        found = self._model.found
        if found is None:
            return
        for card in self.cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        told = zip(found.assessment.verdicts, found.assessment.sentences, strict=True)
        self.cards = [VerdictCard(self._theme, *each, parent=self) for each in told]
        for place, card in enumerate(self.cards):
            self._column.insertWidget(place, card)
        self._standings.show_rows(standing_rows(found.assessment.standings))
        names = [each.name for each in self._model.contenders]
        self._shown = differing_cases(found)
        self._cases.show_columns(
            case_columns(self._model.contenders), case_rows(found, self._shown, names)
        )
        differing, cases = len(self._shown), len(found.suite.cases)
        self.cases_title.setText(f"{differing} of {cases} cases came out differently")
        self.cases.setVisible(bool(self._shown))
        self.evidence.setVisible(bool(self._shown))
        self.overrule.setVisible(bool(self._shown))
        self.evidence.clear()
        if self._shown:
            self.cases.selectRow(0)
        self._offer_axes()
        self.remarks.setText("\n".join(remarks(found)))
        self.remarks.setVisible(bool(self.remarks.text()))
        self.show()

    def _offer_axes(self) -> None:
        found = self._model.found
        if found is None:
            return
        self._points = trade_offs(found, self._model.contenders)
        self.axis_choice.blockSignals(True)
        self.axis_choice.clear()
        for axis in known_axes(self._points):
            self.axis_choice.addItem(AXES[axis][0].partition(",")[0], axis)
        self.axis_choice.blockSignals(False)
        # The verdicts are painted first: the chart's first import takes half a second.
        QTimer.singleShot(0, self, self._show_chart)

    def _show_chart(self, _place: int = 0) -> None:
        from gui.quality.trade_off_chart import TradeOffChart

        if self.chart is None:
            self.chart = TradeOffChart(self._theme, self)
            layout = self._chart_card.layout()
            assert layout is not None
            layout.addWidget(self.chart)
        assert isinstance(self.chart, TradeOffChart)
        axis: Axis = self.axis_choice.currentData()
        self.chart.show_points(self._points, short_titles(self._model.contenders), axis)

    def _show_evidence(self, current: QModelIndex, _before: QModelIndex) -> None:
        found = self._model.found
        if found is not None and 0 <= current.row() < len(self._shown):
            names = [each.name for each in self._model.contenders]
            self.evidence.setPlainText(evidence(found, self._shown[current.row()], names))

    def _open_overrule(self) -> None:
        found, row = self._model.found, self.cases.currentIndex().row()
        if found is not None and 0 <= row < len(self._shown):
            scores = scores_of(found, self._shown[row].id)
            popover = OverruleForm(self._theme, scores, self)
            popover.decided.connect(self._model.overrule)
            popover.open_at(self.overrule)

    def _lay_out(self) -> None:
        space = self._theme.space
        self.evidence.setReadOnly(True)
        self.evidence.setTabChangesFocus(True)
        self.evidence.setAccessibleName("Replies to the chosen case, and what the checks found")
        self.evidence.setProperty("look", "entry")
        self.evidence.setFixedHeight(self._theme.lines(16))
        card = QFrame(self)
        card.setProperty("look", "card")
        inner = QVBoxLayout(card)
        inner.setContentsMargins(space.m, space.m, space.m, space.m)
        inner.setSpacing(space.s)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_text)
        buttons.addWidget(self.copy_json)
        buttons.addStretch(1)
        inner.addWidget(self.standings)
        inner.addWidget(self.remarks)
        inner.addLayout(buttons)
        inner.addWidget(self.cases_title)
        inner.addWidget(self.cases)
        inner.addWidget(self.evidence)
        inner.addWidget(self.overrule)
        self._chart_card.setProperty("look", "card")
        chart = QVBoxLayout(self._chart_card)
        chart.setContentsMargins(space.m, space.m, space.m, space.m)
        chosen = QHBoxLayout()
        chosen.setSpacing(space.s)
        chosen.addWidget(label("Passed cases against", "strong", parent=self._chart_card))
        chosen.addWidget(self.axis_choice)
        chosen.addStretch(1)
        chart.addLayout(chosen)
        chart.addWidget(label(_FRONT, "small-muted", wrap=True, parent=self._chart_card))
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space.m)
        self._column.addWidget(self._chart_card)
        self._column.addWidget(card)
        self._column.addStretch(1)

    def _copy_text(self) -> None:
        if self._model.found is not None:
            QGuiApplication.clipboard().setText(as_text(self._model.found))

    def _copy_json(self) -> None:
        if self._model.found is not None:
            QGuiApplication.clipboard().setText(as_json(self._model.found))


def _figure(name: str, value: str, parent: QWidget) -> QWidget:
    made = QWidget(parent)
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setVerticalSpacing(0)
    grid.addWidget(label(value, "strong", parent=made), 0, 0)
    grid.addWidget(label(name, "small-muted", parent=made), 1, 0)
    return made
