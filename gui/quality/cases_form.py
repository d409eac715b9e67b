"""Which cases a suite run asks: a ready suite, a file, pasted text or the prompts of a session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from gui.quality.cases_model import EDITED, FILE, PASTED, SESSION, CasesChoice, CasesModel
from gui.quality.cases_popovers import PasteForm, SessionForm
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField, NumberField, add_row, form
from gui.widgets.labels import ElidedLabel, label
from storage.summary import SessionSummary

if TYPE_CHECKING:
    from engine.quality.suite import Suite

_OWN: Final = {
    FILE: "A file of your cases",
    PASTED: "Pasted cases",
    SESSION: "Prompts of a session",
}
_ABOUT: Final = {
    FILE: "YAML, JSON, JSONL or CSV, as promptfoo has them: prompts with checks.",
    PASTED: "From the clipboard, in the same forms as a file.",
    SESSION: "What you asked before. Checks are added under “See and edit cases”.",
    EDITED: "As you left them under “See and edit cases”.",
}


class CasesForm(QWidget):
    """Shows the model's choice, and tells it another."""

    def __init__(self, theme: Theme, model: CasesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        choice = model.choice
        self.source = ChoiceField(_OWN, FILE, self)
        self.source.setAccessibleName("Cases")
        self.about = label("", "small-muted", wrap=True, parent=self)
        self.file = TextButton(
            theme, "export", "Choose file…", "Choose a file of cases", parent=self
        )
        self.paste = TextButton(theme, "copy", "Paste cases…", "Paste cases", parent=self)
        self.session = TextButton(
            theme, "history", "Choose session…", "Choose a recorded session", parent=self
        )
        self.given = ElidedLabel("", "small-muted", self)
        self.edit = TextButton(
            theme, "sliders", "See and edit cases…", "See and edit the cases", parent=self
        )
        self.number = NumberField(choice.number, 1, 1000, step=10)
        self.seed = NumberField(choice.seed, 0, (1 << 31) - 1)
        self._lay_out()
        self._show_sources()
        self._connect()

    def set_locked(self, locked: bool) -> None:
        for part in (self.source, self.file, self.paste, self.session, self.number, self.seed):
            part.setEnabled(not locked)
        self._locked = locked
        self.edit.setEnabled(not locked and self._can_edit())

    def choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Choose cases", "", "Cases (*.yaml *.yml *.json *.jsonl *.csv);;All files (*)"
        )
        if name:
            self._model.choose(msgspec.structs.replace(self._model.choice, source=FILE, path=name))

    def _connect(self) -> None:
        model = self._model
        self.source.currentIndexChanged.connect(self._tell)
        self.number.valueChanged.connect(self._tell)
        self.seed.valueChanged.connect(self._tell)
        self.file.clicked.connect(self.choose_file)
        self.paste.clicked.connect(self._open_paste)
        self.session.clicked.connect(model.list_sessions)
        self.edit.clicked.connect(model.read_chosen)
        model.ready_known.connect(self._show_sources)
        model.changed.connect(self._show_sources)
        model.sessions_known.connect(self._open_sessions)
        model.read.connect(self._open_dialog)

    def _tell(self, _value: object = None) -> None:
        before = self._model.choice
        changed = msgspec.structs.replace(
            before,
            # Nothing is chosen as long as the ready suites are not known.
            source=before.source if self.source.currentIndex() < 0 else self.source.choice,
            number=self.number.number or before.number,
            seed=before.seed if self.seed.number is None else self.seed.number,
        )
        if changed != before:
            self._model.choose(changed)

    # Showing -----------------------------------------------------------------------------------

    def _show_sources(self) -> None:
        """Offer the ready suites before the user's own cases."""
        choice, ready = self._model.choice, self._model.ready_suites
        offered = {each.name: each.title for each in ready} | _OWN
        if choice.given_for == EDITED:
            offered[EDITED] = "Edited cases"
        shown = [self.source.itemData(place) for place in range(self.source.count())]
        self.source.blockSignals(True)
        if shown != list(offered):
            self.source.clear()
            for key, title in offered.items():
                self.source.addItem(title, key)
        self.source.set_choice(choice.source)
        self.source.blockSignals(False)
        self._show_choice(choice)

    def _show_choice(self, choice: CasesChoice) -> None:
        source = choice.source
        ready = next((each for each in self._model.ready_suites if each.name == source), None)
        self.about.setText(ready.about if ready is not None else _ABOUT.get(source, ""))
        for part, key in ((self.file, FILE), (self.paste, PASTED), (self.session, SESSION)):
            part.setVisible(source == key)
        words = Path(choice.path).name if source == FILE else choice.words()
        self.given.setVisible(bool(words))
        self.given.setText(words)
        self.given.setToolTip(choice.path if source == FILE else words)
        self.number.setMaximum(1000 if ready is None else ready.most)
        for field in (self.number, self.seed):
            self._rows.setRowVisible(field, choice.is_ready_suite)
        self.edit.setEnabled(not self._locked and self._can_edit())
        why = "" if self._can_edit() else choice.why_none()
        self.edit.setToolTip(why or "Every case with its checks; add some, or save them as YAML.")

    def _can_edit(self) -> bool:
        choice = self._model.choice
        has_file = choice.source == FILE and bool(choice.path)
        return choice.is_ready_suite or has_file or bool(choice.words())

    def _open_paste(self) -> None:
        popover = PasteForm(self._theme, self)
        popover.pasted.connect(self._model.take_pasted)
        popover.open_at(self.paste)

    def _open_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        popover = SessionForm(self._theme, sessions, self)
        popover.chosen.connect(self._take_session)
        popover.open_at(self.session)

    def _take_session(self, session: str, answers_of: str, _title: str) -> None:
        self._model.take_session(session, answers_of)

    def _open_dialog(self, suite: Suite) -> None:
        from gui.quality.cases_dialog import CasesDialog

        dialog = CasesDialog(self._theme, suite, self.window())
        dialog.wanted.connect(self._take_edited)
        dialog.save_wanted.connect(self._model.save)
        dialog.open()

    def _take_edited(self, suite: Suite) -> None:
        self._model.take_suite(EDITED, suite)

    def _lay_out(self) -> None:
        self._locked = False
        self._rows = form(self._theme)
        add_row(self._rows, "Cases", self.number, "More cases make the verdict surer.")
        add_row(self._rows, "Seed", self.seed, "Another seed makes other cases of the same kind.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._theme.space.s)
        column.addWidget(label("Cases", "small-muted", parent=self))
        for part in (self.source, self.about, self.file, self.paste, self.session, self.given):
            column.addWidget(part)
        column.addLayout(self._rows)
        column.addWidget(self.edit)
