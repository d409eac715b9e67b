"""The cases of a suite run with what the checks found in each reply, to be overruled by a person."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from engine.contract import Case
from gui.marked_words import mark_words
from gui.quality.case_tokens import CaseTokens
from gui.quality.figures_table import FiguresModel, FiguresTable
from gui.quality.overrule_form import OverruleForm
from gui.quality.suite_words import (
    CASES_SHOWN,
    Evidence,
    case_columns,
    case_rows,
    cases_shown,
    evidence,
    scores_of,
)
from gui.quality.suite_work import SuiteFound
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import label

_DIFFERING: Final = "differing"


class SuiteCases(QWidget):
    overruled = Signal(object, int, bool, str)
    """The CaseScore, the place of the check in it, whether it passes, and why."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found: SuiteFound | None = None
        self._shown: list[Case] = []
        self._evidence = Evidence("", [])
        self.title = label("", "strong", parent=self)
        self.filter = ChoiceField(CASES_SHOWN, _DIFFERING, self)
        self.filter.setAccessibleName("Which cases are listed")
        self._cases = FiguresModel((), self)
        self.cases = FiguresTable(theme, self._cases, "Cases", most_lines=8)
        self.evidence = QPlainTextEdit(self)
        self.overrule = TextButton(
            theme, "sliders", "Overrule a check…", "Overrule a check of this case", parent=self
        )
        self.tokens = CaseTokens(theme, self)
        self.words = QCheckBox("Mark other words", self)
        self._lay_out()
        self.overrule.clicked.connect(self._open_overrule)
        self.filter.currentIndexChanged.connect(self._list)
        self.words.toggled.connect(self._mark_words)
        theme.changed.connect(self._mark_words)
        self.cases.selectionModel().currentRowChanged.connect(self._show_evidence)

    def show_found(self, found: SuiteFound) -> None:
        """The chosen case stays chosen as long as it is listed."""
        self._found = found
        self._list()

    def _list(self, _place: int = 0) -> None:
        found = self._found
        if found is None:
            return
        chosen = self._chosen()
        self._shown = cases_shown(found, self.filter.choice)
        self._cases.show_columns(case_columns(found.contenders), case_rows(found, self._shown))
        differing, all_cases = len(cases_shown(found, _DIFFERING)), len(found.suite.cases)
        self.title.setText(f"{differing} of {all_cases} cases came out differently")
        for part in (self.cases, self.evidence, self.overrule, self.tokens, self.words):
            part.setVisible(bool(self._shown))
        self.evidence.clear()
        if self._shown:
            names = [case.id for case in self._shown]
            self.cases.selectRow(names.index(chosen) if chosen in names else 0)

    def _chosen(self) -> str:
        row = self.cases.currentIndex().row()
        return self._shown[row].id if 0 <= row < len(self._shown) else ""

    def _show_evidence(self, current: QModelIndex, _before: QModelIndex) -> None:
        found = self._found
        if found is not None and 0 <= current.row() < len(self._shown):
            case = self._shown[current.row()]
            self._evidence = evidence(found, case)
            self.evidence.setPlainText(self._evidence.text)
            self._mark_words()
            self.overrule.setEnabled(bool(scores_of(found, case.id)))
            self.tokens.show_case(found, case)

    def _mark_words(self) -> None:
        mark_words(
            self._theme, self.evidence, self._evidence.differing if self.words.isChecked() else ()
        )

    def _open_overrule(self) -> None:
        found, chosen = self._found, self._chosen()
        if found is not None and chosen:
            popover = OverruleForm(self._theme, scores_of(found, chosen), self)
            popover.decided.connect(self.overruled)
            popover.open_at(self.overrule)

    def _lay_out(self) -> None:
        self.evidence.setReadOnly(True)
        self.evidence.setTabChangesFocus(True)
        self.evidence.setAccessibleName("Replies to the chosen case, and what the checks found")
        self.evidence.setProperty("look", "entry")
        self.evidence.setFixedHeight(self._theme.lines(16))
        self.words.setChecked(True)
        self.words.setToolTip(
            "Marks in each candidate's reply the words that the reference's does not have there."
        )
        head = QHBoxLayout()
        head.setSpacing(self._theme.space.s)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(label("Listed", "small-muted", parent=self))
        head.addWidget(self.filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._theme.space.s)
        foot = QHBoxLayout()
        foot.setSpacing(self._theme.space.s)
        foot.addWidget(self.overrule)
        foot.addWidget(self.tokens)
        foot.addWidget(self.words)
        foot.addStretch(1)
        column.addLayout(head)
        column.addWidget(self.cases)
        column.addWidget(self.evidence)
        column.addLayout(foot)
