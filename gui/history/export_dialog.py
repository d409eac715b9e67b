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
    QPlainTextEdit,
    QRadioButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.figures import count
from gui.history.page_preview import PagePreview
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


PAPERS: Final[tuple[tuple[Paper, str], ...]] = (("a4", "A4"), ("letter", "US Letter"))


def usual_paper(locale: QLocale) -> Paper:
    """What printers hold where people measure in inches, and elsewhere."""
    american = QLocale.MeasurementSystem.ImperialUSSystem
    return "letter" if locale.measurementSystem() == american else "a4"


class ExportDialog(QDialog):
    """Emits `changed` whenever the file would hold something else; `show_preview` then shows what."""

    changed = Signal()

    def __init__(self, theme: Theme, n_sessions: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._n_sessions = n_sessions
        self.setWindowTitle(f"Export {count(n_sessions, 'session')}")
        self._formats = QButtonGroup(self)
        space = theme.space
        column = QVBoxLayout()
        column.setSpacing(space.xs)
        column.addWidget(label("Format", "strong", parent=self))
        for place, (_, name, words) in enumerate(FORMATS):
            button = QRadioButton(name, self)
            button.setAccessibleDescription(words)
            self._formats.addButton(button, place)
            hint = label(words, "small-muted", parent=self)
            hint.setContentsMargins(theme.characters(4), 0, 0, space.xs)
            column.addWidget(button)
            column.addWidget(hint)
        self._formats.button(0).setChecked(True)
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
        self._lay_out(theme, column)
        self._show_paper()

    @property
    def ending(self) -> str:
        """Of the chosen format; several sessions in JSON stand on a line each."""
        ending = FORMATS[self._formats.checkedId()][0]
        return ".jsonl" if ending == ".json" and self._n_sessions > 1 else ending

    @property
    def paper(self) -> Paper:
        chosen: Paper = self._paper.currentData()
        return chosen

    def show_waiting(self) -> None:
        """A page takes a moment; until it is there, what stood here before is not it."""
        if self.ending == ".pdf":
            self.show_preview("Making the first page…")

    def show_preview(self, shown: str | bytes) -> None:
        """Text, or the picture of a page."""
        if isinstance(shown, bytes):
            self.page.show_picture(shown)
            self._previews.setCurrentWidget(self.page)
        else:
            self.preview.setPlainText(shown)
            self._previews.setCurrentWidget(self.preview)

    def _lay_out(self, theme: Theme, choices: QVBoxLayout) -> None:
        space = theme.space
        self.preview = QPlainTextEdit(self)
        self.preview.setProperty("look", "entry")
        self.preview.setReadOnly(True)
        self.preview.setAccessibleName("Preview")
        self.preview.setFont(theme.mono(theme.type.small))
        self.preview.setMinimumSize(theme.characters(80), theme.lines(22))
        shown = QVBoxLayout()
        shown.setSpacing(space.xs)
        shown.addWidget(label("Preview of the contents", "strong", parent=self))
        self.page = PagePreview(self)
        self._previews = QStackedWidget(self)
        self._previews.addWidget(self.preview)
        self._previews.addWidget(self.page)
        shown.addWidget(self._previews, 1)
        parts = QHBoxLayout()
        parts.setSpacing(space.xl)
        parts.addLayout(choices)
        parts.addLayout(shown, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.l, space.l, space.l)
        column.setSpacing(space.m)
        column.addLayout(parts, 1)
        column.addWidget(self.buttons)

    @property
    def omit(self) -> Omit:
        return Omit(
            system_prompts=self.system_prompts.isChecked(),
            paths=self.paths.isChecked(),
            notes=self.notes.isChecked(),
        )

    def _take_format(self, _: int, chosen: bool) -> None:
        """Two buttons change at once; one of them tells."""
        if chosen:
            self._show_paper()
            self.changed.emit()

    def _show_paper(self) -> None:
        on_paper = self.ending == ".pdf"
        self._paper.setEnabled(on_paper)
        self._paper.setToolTip("" if on_paper else "Only a PDF is laid out for paper.")

    def choose(self, ending: str) -> None:
        places = [known for known, _, _ in FORMATS]
        self._formats.button(places.index(ending)).setChecked(True)
