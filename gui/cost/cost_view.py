"""A cost report on the page: the answer first, then the figures, then what they hang and rest on.

Imported with the first report only.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.contract import Verdict
from engine.cost.document import CostReport
from engine.cost.wording import assumed_lines, remarks
from gui.clipboard import Words, table_words
from gui.cost.bars import TornadoBars
from gui.cost.cost_words import Answer, answers, as_text, headline, rows, tornado
from gui.cost.figures_grid import FiguresGrid
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.copy_menu import offer_cells
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import Badge, label

_QUALITY_HINT = (
    "Whether a cheaper model is good enough is measured on the Quality page, with “On cases”."
)

_FEW = 2
"""So many answers leave the figures on the first screen; more of them come after the figures."""


class CostView(QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._report: CostReport | None = None
        self._verdicts: tuple[Verdict, ...] = ()
        self.headline = label("", "title", wrap=True, selectable=True, parent=self)
        self.copy = TextButton(
            theme, "copy", "Copy as text", "Copy the figures as text", parent=self
        )
        self.answers: list[QFrame] = []
        self._answers = QVBoxLayout()
        self.figures = QScrollArea(self)
        self.figures_card = self._card(self.figures)
        self.choice = ChoiceField({}, "", self)
        self.bars = TornadoBars(theme, self)
        self.bars_title = label("What the cost of a year hangs on most", "strong", parent=self)
        self._remarks = QVBoxLayout()
        self.remarks: list[QWidget] = []
        self.assumed = label("", "small-muted", wrap=True, parent=self)
        self._lay_out()
        self.copy.clicked.connect(self._copy)
        offer_cells(self.figures, "the figures", self._table, self._why_no_table)
        self.choice.currentIndexChanged.connect(self._show_bars)

    def show_report(self, report: CostReport, verdicts: Sequence[Verdict]) -> None:
        self._report, self._verdicts = report, tuple(verdicts)
        self.headline.setText(headline(report))
        found = answers(report, verdicts)
        self._show_answers(found)
        self._column.removeWidget(self.figures_card)
        self._column.insertWidget(1 if len(found) > _FEW else 2, self.figures_card)
        grid = FiguresGrid(self._theme, [each.name for each in report.contenders], rows(report))
        grid.setProperty("look", "clear")
        self.figures.setWidget(grid)
        bar = self.figures.horizontalScrollBar().sizeHint().height()
        self.figures.setFixedHeight(grid.sizeHint().height() + bar)
        self._offer_bars(report)
        self._show_remarks(report)
        self.assumed.setText("\n".join((*assumed_lines(report.assumptions), *report.notes)))

    # -------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        space = self._theme.space
        self.figures.setProperty("look", "plain")
        self.figures.setWidgetResizable(True)
        self.figures.setAccessibleName("Figures of each model")
        self.figures.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.figures.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.choice.setAccessibleName("Whose cost")
        head = QHBoxLayout()
        head.setSpacing(space.m)
        head.addWidget(self.headline, 1)
        head.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        self._answers.setSpacing(space.s)
        bars_head = QHBoxLayout()
        bars_head.addWidget(self.bars_title, 1)
        bars_head.addWidget(self.choice)
        self._remarks.setSpacing(space.xs)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, space.s, 0)
        column.setSpacing(space.m)
        column.addLayout(head)
        column.addLayout(self._answers)
        column.addWidget(self.figures_card)
        column.addLayout(bars_head)
        column.addWidget(self.bars)
        column.addWidget(label("What else is to be known", "strong", parent=self))
        column.addLayout(self._remarks)
        column.addWidget(self.assumed)
        column.addStretch(1)

    def _card(self, inner: QWidget) -> QFrame:
        card = QFrame(self)
        card.setProperty("look", "card")
        space = self._theme.space
        column = QVBoxLayout(card)
        column.setContentsMargins(space.m, space.m, space.m, 0)
        column.addWidget(inner)
        return card

    def _show_answers(self, found: Sequence[Answer]) -> None:
        _clear(self._answers, self.answers)
        self.answers = [self._answer(each) for each in found]
        unknown = any(each.badge == "quality unknown" for each in found)
        for each in self.answers:
            self._answers.addWidget(each)
        if unknown:
            hint = QFrame(self)
            row = QVBoxLayout(hint)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(label(_QUALITY_HINT, "small-muted", wrap=True, parent=hint))
            self.answers.append(hint)
            self._answers.addWidget(hint)

    def _answer(self, answer: Answer) -> QFrame:
        space = self._theme.space
        card = QFrame(self)
        card.setProperty("look", "card")
        badge = Badge(card)
        badge.show_state(answer.badge, answer.mood)
        head = QHBoxLayout()
        head.setSpacing(space.s)
        head.addWidget(label(answer.name, "strong", parent=card))
        head.addWidget(badge)
        head.addStretch(1)
        sentence = label(answer.sentence, wrap=True, selectable=True, parent=card)
        column = QVBoxLayout(card)
        column.setContentsMargins(space.m, space.s, space.m, space.s)
        column.setSpacing(space.xs)
        column.addLayout(head)
        column.addWidget(sentence)
        return card

    def _offer_bars(self, report: CostReport) -> None:
        names = [each.name for each in report.contenders if tornado(each, report.assumptions)]
        self.choice.offer({each: each for each in names})
        for part in (self.bars_title, self.choice, self.bars):
            part.setVisible(bool(names))
        self._show_bars()

    def _show_bars(self, _place: int = 0) -> None:
        report, name = self._report, self.choice.choice
        chosen = next((e for e in report.contenders if e.name == name), None) if report else None
        if report is None or chosen is None or chosen.per_year is None:
            self.bars.show_bars((), 0.0)
            return
        self.bars.show_bars(tornado(chosen, report.assumptions), chosen.per_year.likely)

    def _show_remarks(self, report: CostReport) -> None:
        _clear(self._remarks, self.remarks)
        self.remarks = []
        for each in report.contenders:
            lines = remarks(each, report.assumptions)
            if lines:
                words = label(" ".join(lines), "small-muted", wrap=True, parent=self)
                self.remarks += [label(each.name, "small", parent=self), words]
        for widget in self.remarks:
            self._remarks.addWidget(widget)

    def _copy(self) -> None:
        if self._report is not None:
            QGuiApplication.clipboard().setText(as_text(self._report, self._verdicts))

    def _table(self) -> Words:
        """The figures as they stand in the grid, each with its interval."""
        assert self._report is not None
        lines = [
            (row.title, *(f"{cell.likely} {cell.interval}".strip() for cell in row.cells))
            for row in rows(self._report)
        ]
        return table_words(("", *(each.name for each in self._report.contenders)), lines)

    def _why_no_table(self) -> str:
        return "" if self._report is not None else "Nothing has been worked out yet."


def _clear(layout: QVBoxLayout, widgets: Sequence[QWidget]) -> None:
    for widget in widgets:
        layout.removeWidget(widget)
        widget.hide()
        widget.deleteLater()
