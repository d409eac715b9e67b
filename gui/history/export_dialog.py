"""Asks in which format sessions are handed over, and what is left out."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gui.figures import count
from gui.history.export_preview import ExportPreview
from gui.history.exporter import Form
from gui.theme import Theme
from gui.widgets.labels import label
from storage.exports.paper import Paper
from storage.exports.redaction import Omit

FORMATS: Final = (
    (".html", "Report (HTML)", "One page that opens in any browser without a network, and prints."),
    (".pdf", "Report (PDF)", "The same report in pages, to send or to print."),
    (".md", "Markdown", "Text that pastes well into an issue or a chat."),
    (".xlsx", "Excel workbook", "Sheets of summary, replies, cases and settings."),
    (".csv", "Table (CSV)", "A row for each reply."),
    (".json", "Everything (JSON)", "Complete: Steelyard imports it again."),
)
_ON_PAPER: Final = {".html", ".pdf"}
PAPERS: Final[tuple[tuple[Paper, str], ...]] = (("a4", "A4"), ("letter", "US Letter"))


def usual_paper(locale: QLocale) -> Paper:
    """What printers hold where people measure in inches, and elsewhere."""
    american = QLocale.MeasurementSystem.ImperialUSSystem
    return "letter" if locale.measurementSystem() == american else "a4"


class ExportDialog(QDialog):
    """Emits `changed` whenever the file would hold something else; `preview` then shows what."""

    changed = Signal()

    def __init__(self, theme: Theme, n_sessions: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._n_sessions = n_sessions
        self.setWindowTitle(f"Export {count(n_sessions, 'session')}")
        space = theme.space
        column = QVBoxLayout()
        column.setSpacing(space.xs)
        column.addWidget(label("Format", "strong", parent=self))
        self._formats = self._format_choices(theme, column)
        self._paper = QComboBox(self)
        self._paper.setAccessibleName("Paper of the PDF")
        for paper, words in PAPERS:
            self._paper.addItem(words, paper)
        self._paper.setCurrentIndex(self._paper.findData(usual_paper(QLocale())))
        column.addSpacing(space.m)
        column.addWidget(label("Paper", "strong", parent=self))
        column.addWidget(self._paper)
        column.addSpacing(space.m)
        column.addWidget(label("Leave out", "strong", parent=self))
        self.system_prompts = QCheckBox("System prompts", self)
        self.system_prompts.setToolTip("A reply that repeats one keeps it.")
        self.paths = QCheckBox("Folders and addresses of this machine", self)
        self.notes = QCheckBox("My notes", self)
        for box in (self.system_prompts, self.paths, self.notes):
            column.addWidget(box)
        column.addStretch(1)
        self._formats.idToggled.connect(self._take_format)
        self._paper.currentIndexChanged.connect(self.changed)
        for box in (self.system_prompts, self.paths, self.notes):
            box.toggled.connect(self.changed)
        self.buttons = QDialogButtonBox(self)
        self.buttons.addButton("Export…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.heading = label("", "strong", parent=self)
        self._lay_out(theme, column)
        self._show_form()

    def _format_choices(self, theme: Theme, column: QVBoxLayout) -> QButtonGroup:
        """Each with what it is for below it."""
        choices = QButtonGroup(self)
        for place, (_, name, words) in enumerate(FORMATS):
            button = QRadioButton(name, self)
            button.setAccessibleDescription(words)
            choices.addButton(button, place)
            hint = label(words, "small-muted", parent=self)
            hint.setContentsMargins(theme.characters(4), 0, 0, theme.space.xs)
            column.addWidget(button)
            column.addWidget(hint)
        choices.button(0).setChecked(True)
        return choices

    @property
    def form(self) -> Form:
        """As it is chosen now; several sessions in JSON stand on a line each."""
        ending = FORMATS[self._formats.checkedId()][0]
        paper: Paper = self._paper.currentData()
        omit = Omit(
            system_prompts=self.system_prompts.isChecked(),
            paths=self.paths.isChecked(),
            notes=self.notes.isChecked(),
        )
        if ending == ".json" and self._n_sessions > 1:
            ending = ".jsonl"
        return Form(ending=ending, omit=omit, paper=paper)

    def show_waiting(self) -> None:
        """A page takes a moment; until it is there, what stood here before is not it."""
        if self.form.ending in _ON_PAPER:
            self.preview.show_preview("Making the first page…")

    def _lay_out(self, theme: Theme, choices: QVBoxLayout) -> None:
        space = theme.space
        self.preview = ExportPreview(theme, self)
        shown = QVBoxLayout()
        shown.setSpacing(space.xs)
        shown.addWidget(self.heading)
        shown.addWidget(self.preview, 1)
        parts = QHBoxLayout()
        parts.setSpacing(space.xl)
        parts.addLayout(choices)
        parts.addLayout(shown, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.l, space.l, space.l)
        column.setSpacing(space.m)
        column.addLayout(parts, 1)
        column.addWidget(self.buttons)

    def _take_format(self, _: int, chosen: bool) -> None:
        """Two buttons change at once; one of them tells."""
        if chosen:
            self._show_form()
            self.changed.emit()

    def _show_form(self) -> None:
        ending = self.form.ending
        several = f" of the first of {count(self._n_sessions, 'session')}"
        what = "Preview" if self._n_sessions == 1 else f"Preview{several}"
        self.heading.setText(f"{what}, as it prints" if ending == ".html" else what)
        on_paper = ending == ".pdf"
        self._paper.setEnabled(on_paper)
        self._paper.setToolTip("" if on_paper else "Only a PDF is laid out for paper.")

    def choose(self, ending: str) -> None:
        places = [known for known, _, _ in FORMATS]
        self._formats.button(places.index(ending)).setChecked(True)
