"""The settings of a fidelity run: on what, how much of it, how exact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from engine.quality.bundled import DEFAULT_TEXT, bundled_texts
from gui.quality.cases_popovers import SessionForm
from gui.quality.fidelity_work import FidelitySettings
from gui.quality.texts import (
    Bundled,
    PastedText,
    PromptsFile,
    RecordedReplies,
    Source,
    TextFile,
)
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField, NumberField, RealField, add_row, form
from gui.widgets.labels import ElidedLabel, label
from storage.summary import SessionSummary

FILE, PASTED, PROMPTS, SESSION = "file", "pasted", "prompts", "session"
_SOURCES: Final = {
    **{each.name: f"{each.title} (bundled)" for each in bundled_texts()},
    FILE: "A text file",
    PASTED: "Pasted text",
    PROMPTS: "My prompts",
    SESSION: "Replies of a session",
}
_HINTS: Final = {
    **{each.name: f"{each.source}. Licence: {each.licence}." for each in bundled_texts()},
    PROMPTS: "The reference answers each prompt; then all models read its replies token by token, and only "
    "the replies' tokens are scored. That is closest to your own use.",
    SESSION: "All models read what the reference replied in a recorded session, token by token.",
}
_FILTERS: Final = {
    FILE: "Texts (*.txt *.md *.rst *.csv *.json);;All files (*)",
    PROMPTS: "Prompts (*.txt *.yaml *.yml *.json *.jsonl *.csv);;All files (*)",
}


class FidelityForm(QWidget):
    """Shows the settings; every change is told with the changed ones."""

    edited = Signal(object)
    sessions_wanted = Signal()

    def __init__(
        self, theme: Theme, settings: FidelitySettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._theme = theme
        self._paths = {FILE: "", PROMPTS: ""}
        self._recorded = RecordedReplies()
        self.source = ChoiceField(_SOURCES, DEFAULT_TEXT)
        self.source.let_shrink()
        self.about = label("", "small-muted", wrap=True, parent=self)
        self.file = TextButton(theme, "export", "Choose file…", "Choose a file", parent=self)
        self.session = TextButton(
            theme, "history", "Choose session…", "Choose a recorded session", parent=self
        )
        self.file_name = ElidedLabel("", "small-muted", self)
        self.pasted = QPlainTextEdit(self)
        self.n_ctx = NumberField(settings.n_ctx, 32, 1 << 20, step=128)
        self.chunks = NumberField(settings.max_chunks, 1, 1 << 20, nothing="the whole text", step=4)
        self.max_tokens = NumberField(settings.max_tokens, 1, 1 << 16, step=32)
        self.until = RealField(settings.until or 0.0, 0.0, 1.0, step=0.001)
        self.noise_floor = QCheckBox("Measure the noise floor", self)
        self._rows = form(theme)
        self._lay_out(theme)
        self._show_source()
        self._listen()

    def show_settings(self, settings: FidelitySettings) -> None:
        """Tells them once, as the fields could take them."""
        blockers = [QSignalBlocker(each) for each in self._entries()]
        self._choose_source(settings.source)
        self.n_ctx.set_number(settings.n_ctx)
        self.chunks.set_number(settings.max_chunks)
        self.max_tokens.set_number(settings.max_tokens)
        self.until.set_number(settings.until or 0.0)
        self.noise_floor.setChecked(settings.noise_floor)
        for blocker in blockers:
            blocker.unblock()
        self._edit()

    def set_locked(self, locked: bool) -> None:
        for widget in (*self._entries(), self.file, self.session):
            widget.setEnabled(not locked)

    def offer_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        popover = SessionForm(self._theme, sessions, self, whose_answers=False)
        popover.chosen.connect(self._take_session)
        popover.open_at(self.session)

    def choose_file(self) -> None:
        chosen = self.source.choice
        title = "Choose prompts" if chosen == PROMPTS else "Choose a text"
        name, _ = QFileDialog.getOpenFileName(self, title, "", _FILTERS[chosen])
        if name:
            self._paths[chosen] = name
            self._edit()

    def _fields(self) -> tuple[NumberField | RealField, ...]:
        return (self.n_ctx, self.chunks, self.max_tokens, self.until)

    def _entries(self) -> tuple[QWidget, ...]:
        return (self.source, self.pasted, *self._fields(), self.noise_floor)

    def _lay_out(self, theme: Theme) -> None:
        self.pasted.setPlaceholderText("Paste a few pages of the kind of text your work is about.")
        self.pasted.setAccessibleName("Text to measure on")
        self.pasted.setTabChangesFocus(True)
        self.pasted.setProperty("look", "entry")
        self.pasted.setFixedHeight(theme.lines(7))
        self.noise_floor.setChecked(self._settings.noise_floor)
        self.noise_floor.setAccessibleName("Measure the noise floor")
        self.noise_floor.setToolTip(
            "Compares the reference with itself in another batch size: what rounding alone does. "
            "Differences no larger are called none."
        )
        self._add_rows(self._rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        self.source.setAccessibleName("Text or prompts")
        column.addWidget(label("Measured on", "small-muted", parent=self))
        for widget in (
            *(self.source, self.about, self.file, self.session, self.file_name, self.pasted),
        ):
            column.addWidget(widget)
        column.addLayout(self._rows)
        column.addWidget(self.noise_floor)
        column.addStretch(1)

    def _add_rows(self, rows: QFormLayout) -> None:
        self.until.setSpecialValueText("run to the end")
        self.until.setDecimals(4)
        add_row(
            rows,
            "Context",
            self.n_ctx,
            "Tokens in a chunk; the second half of each is scored. 512 is what is usually published.",
        )
        add_row(rows, "Chunks", self.chunks, "More chunks make the ± smaller and take longer.")
        add_row(rows, "Reply limit", self.max_tokens, "Tokens of a reply of the reference at most.")
        add_row(
            rows,
            "End at ±",
            self.until,
            "End early once every mean KLD is known to this ±, for example 0.005. 0 runs to the end.",
        )

    def _listen(self) -> None:
        self.source.currentIndexChanged.connect(self._edit)
        self.file.clicked.connect(self.choose_file)
        self.session.clicked.connect(self.sessions_wanted)
        self.pasted.textChanged.connect(self._edit)
        for field in self._fields():
            field.valueChanged.connect(self._edit)
        self.noise_floor.toggled.connect(self._edit)

    def _source(self) -> Source:
        match self.source.choice:
            case "file":
                return TextFile(self._paths[FILE])
            case "prompts":
                return PromptsFile(self._paths[PROMPTS])
            case "session":
                return self._recorded
            case "pasted":
                return PastedText(self.pasted.toPlainText())
            case name:
                return Bundled(name)

    def _choose_source(self, source: Source) -> None:
        match source:
            case Bundled(name=name):
                self.source.set_choice(name)
            case TextFile(path=path):
                self.source.set_choice(FILE)
                self._paths[FILE] = path
            case PastedText(text=text):
                self.source.set_choice(PASTED)
                self.pasted.setPlainText(text)
            case PromptsFile(path=path):
                self.source.set_choice(PROMPTS)
                self._paths[PROMPTS] = path
            case RecordedReplies():
                self.source.set_choice(SESSION)
                self._recorded = source

    def _take_session(self, session: str, _answers_of: str, title: str) -> None:
        self._recorded = RecordedReplies(session, title)
        self._edit()

    def _edit(self, _value: object = None) -> None:
        self._settings = msgspec.structs.replace(
            self._settings,
            source=self._source(),
            n_ctx=self.n_ctx.number or self._settings.n_ctx,
            max_chunks=self.chunks.number,
            max_tokens=self.max_tokens.number or self._settings.max_tokens,
            until=self.until.number or None,
            noise_floor=self.noise_floor.isChecked(),
        )
        self._show_source()
        self.edited.emit(self._settings)

    def _show_source(self) -> None:
        chosen = self.source.choice
        path = self._paths.get(chosen, "")
        name = self._recorded.title if chosen == SESSION else Path(path).name
        self.about.setText(_HINTS.get(chosen, ""))
        self.about.setVisible(chosen in _HINTS)
        self.file.setVisible(chosen in self._paths)
        self.session.setVisible(chosen == SESSION)
        self.file_name.setVisible(bool(name))
        self.file_name.setText(name)
        self.file_name.setToolTip(path)
        self.pasted.setVisible(chosen == PASTED)
        on_text = chosen not in {PROMPTS, SESSION}
        for field, shown in (
            (self.n_ctx, on_text),
            (self.chunks, on_text),
            (self.max_tokens, chosen == PROMPTS),
        ):
            self._rows.setRowVisible(field, shown)
