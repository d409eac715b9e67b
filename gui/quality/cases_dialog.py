"""The cases of a suite, seen before they are run: checks are added and removed case by case.

Imported when it is first opened: the checks bring numpy.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.contract import Case
from engine.errors import PlanError
from engine.quality.adding import without_checks
from engine.quality.suite import Suite
from gui.figures import count
from gui.quality.add_check_form import AddCheckForm
from gui.quality.check_words import check_words
from gui.quality.figures_table import Cell, Column, FiguresModel, FiguresTable
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.labels import label

_COLUMNS = (Column("Case", is_text=True), Column("Checks", is_text=True))
_SAVED = "YAML can hold every kind of check, and is read again as a file of your cases."


class CasesDialog(QDialog):
    """Emits what becomes of the cases; they are the dialog's own until then."""

    wanted = Signal(object)
    """The Suite to be run."""
    save_wanted = Signal(object, object)
    """The Suite, and the Path of the YAML file."""

    def __init__(self, theme: Theme, suite: Suite, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.suite = suite
        self.setWindowTitle("Cases and checks")
        self._model = FiguresModel(_COLUMNS, self)
        self.table = FiguresTable(theme, self._model, "Cases", most_lines=12, parent=self)
        self.about = label("", "small-muted", wrap=True, parent=self)
        self.question = QPlainTextEdit(self)
        self.passes = label("", "strong", wrap=True, parent=self)
        self.checks = QListWidget(self)
        self.remove = TextButton(
            theme, "trash", "Remove check", "Remove the chosen check", parent=self
        )
        self.critical = QCheckBox("Critical: a failure here decides by itself", self)
        self.adding = AddCheckForm(theme, self)
        self.fault = label("", "small-muted", wrap=True, parent=self)
        self.save = QPushButton("Save as YAML…", self)
        self.save.setAutoDefault(False)
        self.save.setToolTip(_SAVED)
        self.use = QPushButton("Use these cases", self)
        self.use.setProperty("look", "primary")
        self.cancel = QPushButton("Cancel", self)
        self._lay_out()
        self._connect()
        self._show_cases()
        self.table.selectRow(0)

    def choose_file(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save cases", "cases.yaml", "YAML (*.yaml)")
        if name:
            path = Path(name)
            self.save_wanted.emit(self.suite, path if path.suffix else path.with_suffix(".yaml"))

    def _connect(self) -> None:
        self.table.selectionModel().currentRowChanged.connect(self._show_case)
        self.checks.currentRowChanged.connect(self._show_removal)
        self.remove.clicked.connect(self._remove)
        self.critical.clicked.connect(self._mark)
        self.adding.wanted.connect(self._add)
        self.save.clicked.connect(self.choose_file)
        self.use.clicked.connect(self._use)
        self.cancel.clicked.connect(self.reject)

    # Showing -----------------------------------------------------------------------------------

    def _show_cases(self) -> None:
        self._model.show_rows([_row(case) for case in self.suite.cases])
        bare = without_checks(self.suite.cases)
        tail = f"; {bare:,} without a check, which no verdict can rest on" if bare else ""
        self.about.setText(f"{self.suite.name}: {count(len(self.suite.cases), 'case')}{tail}.")

    def _show_case(self, _current: QModelIndex, _before: QModelIndex) -> None:
        case = self._case()
        parts = [f"{message.role}: {message.content}" for message in case.messages]
        parts += [f"Expected: {answer}" for answer in case.answers]
        self.question.setPlainText("\n\n".join(parts))
        self.critical.setChecked(case.critical)
        self.passes.setText(f"Checks: {_when_passed(case)}")
        self.checks.clear()
        for check in case.checks:
            self.checks.addItem(check_words(check))
        if case.right is not None:
            self.checks.addItem(f"chooses: {case.continuations[case.right].strip()}")
        self.checks.setCurrentRow(0 if case.checks else -1)
        self.adding.offer(has_answer=bool(case.answers))
        self._show_removal(self.checks.currentRow())

    def _show_removal(self, place: int) -> None:
        self.remove.setEnabled(0 <= place < len(self._case().checks))

    # Changing ----------------------------------------------------------------------------------

    def _case(self) -> Case:
        return self.suite.cases[max(0, self.table.currentIndex().row())]

    def _add(self, kind: str, value: str, to_all: bool) -> None:
        from engine.quality.adding import check_of

        chosen, added, cases = self._case().id, 0, []
        try:
            for case in self.suite.cases:
                wanted = (to_all and case.right is None) or case.id == chosen
                check = check_of(kind, value, case) if wanted else None
                added += check is not None
                cases.append(case if check is None else replace(case, checks=(*case.checks, check)))
        except PlanError as fault:
            self.fault.setText(str(fault))
            return
        self._change(cases)
        self.fault.setText(
            f"Added to {count(added, 'case')}."
            if added
            else "No case has an answer to take it from."
        )

    def _remove(self) -> None:
        place, chosen = self.checks.currentRow(), self._case()
        checks = (*chosen.checks[:place], *chosen.checks[place + 1 :])
        self._put(replace(chosen, checks=checks))

    def _mark(self, critical: bool) -> None:
        self._put(replace(self._case(), critical=critical))

    def _put(self, changed: Case) -> None:
        self.fault.clear()
        self._change([changed if each.id == changed.id else each for each in self.suite.cases])

    def _change(self, cases: list[Case]) -> None:
        self.suite = replace(self.suite, cases=tuple(cases))
        self._show_cases()
        self._show_case(QModelIndex(), QModelIndex())

    def _use(self) -> None:
        self.wanted.emit(self.suite)
        self.accept()

    # Parts -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        space = self._theme.space
        left = QVBoxLayout()
        left.setSpacing(space.s)
        left.addWidget(self.about)
        left.addWidget(self.table)
        left.addStretch(1)
        parts = QHBoxLayout()
        parts.setSpacing(space.l)
        parts.addLayout(left, 1)
        parts.addLayout(self._one_case(), 1)
        foot = QHBoxLayout()
        foot.addWidget(self.save)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.l, space.l, space.m)
        column.setSpacing(space.m)
        column.addLayout(parts, 1)
        column.addLayout(foot)
        self.resize(self._theme.characters(150), self._theme.lines(36))

    def _one_case(self) -> QVBoxLayout:
        space, theme = self._theme.space, self._theme
        self.question.setReadOnly(True)
        self.question.setTabChangesFocus(True)
        self.question.setAccessibleName("The chosen case")
        self.question.setProperty("look", "entry")
        self.question.setMinimumHeight(theme.lines(8))
        self.checks.setAccessibleName("Checks of the chosen case")
        self.checks.setProperty("look", "entry")
        self.checks.setFixedHeight(theme.lines(6))
        self.critical.setAccessibleName("Critical: a failure here decides by itself")
        line = QHBoxLayout()
        line.addWidget(self.remove)
        line.addStretch(1)
        line.addWidget(self.critical)
        column = QVBoxLayout()
        column.setSpacing(space.s)
        column.addWidget(self.question, 1)
        column.addWidget(self.passes)
        column.addWidget(self.checks)
        column.addLayout(line)
        column.addWidget(self.adding)
        column.addWidget(self.fault)
        return column


def _when_passed(case: Case) -> str:
    if case.right is not None:
        return "which of the choices is likeliest decides"
    if case.threshold is None:
        return "a reply passes when all of them do"
    return f"a reply passes at a weighted score of {case.threshold:g}"


def _row(case: Case) -> list[Cell]:
    question = " ".join(case.messages[-1].content.split())
    critical = "critical · " if case.critical else ""
    checks = [check_words(check) for check in case.checks]
    if case.right is not None:
        checks.append("multiple choice")
    shown = "none" if not checks else checks[0] if len(checks) == 1 else f"{len(checks)} checks"
    short = shown if len(shown) <= 30 else f"{shown[:29]}…"
    return [
        Cell(f"{critical}{question[:200]}", hint=case.id),
        Cell(short, hint="\n".join(checks)),
    ]
