"""Asks in which format sessions are handed over, and what is left out."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from gui.figures import count
from gui.theme import Theme
from gui.widgets.labels import label
from storage.exports.redaction import Omit

FORMATS: Final = (
    (".html", "Report (HTML)", "One page that opens in any browser without a network, and prints."),
    (".md", "Markdown", "Text that pastes well into an issue or a chat."),
    (".xlsx", "Excel workbook", "Sheets of summary, replies, cases and settings."),
    (".csv", "Table (CSV)", "A row for each reply."),
    (".json", "Everything (JSON)", "Complete: Steelyard imports it again."),
)


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
        column.addSpacing(space.m)
        column.addWidget(label("Leave out", "strong", parent=self))
        self.system_prompts = QCheckBox("System prompts", self)
        self.paths = QCheckBox("Folders and addresses of this machine", self)
        self.notes = QCheckBox("My notes", self)
        for box in (self.system_prompts, self.paths, self.notes):
            column.addWidget(box)
        column.addStretch(1)
        self._formats.idToggled.connect(self.changed)
        for box in (self.system_prompts, self.paths, self.notes):
            box.toggled.connect(self.changed)
        self.buttons = QDialogButtonBox(self)
        self.buttons.addButton("Export…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out(theme, column)

    @property
    def ending(self) -> str:
        """Of the chosen format; several sessions in JSON stand on a line each."""
        ending = FORMATS[self._formats.checkedId()][0]
        return ".jsonl" if ending == ".json" and self._n_sessions > 1 else ending

    def show_preview(self, text: str) -> None:
        self.preview.setPlainText(text)

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

    @property
    def omit(self) -> Omit:
        return Omit(
            system_prompts=self.system_prompts.isChecked(),
            paths=self.paths.isChecked(),
            notes=self.notes.isChecked(),
        )

    def choose(self, ending: str) -> None:
        places = [known for known, _, _ in FORMATS]
        self._formats.button(places.index(ending)).setChecked(True)
