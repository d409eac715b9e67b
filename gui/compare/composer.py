"""Where the prompt is written, how it is to be run is chosen, and the run is started and stopped."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QTextCursor
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from engine.contract import Case, Sampling
from gui.compare.draft_model import Draft
from gui.compare.sampling_form import SamplingForm
from gui.figures import count
from gui.theme import Theme
from gui.widgets.buttons import FoldButton, MainButton, TextButton
from gui.widgets.fields import NumberField
from gui.widgets.flow import FlowLayout
from gui.widgets.labels import label


class Composer(QFrame):
    """Shows a draft; each edit is told with the name and value of the draft's field."""

    edited = Signal(str, object)
    run_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._draft = Draft()
        self.setProperty("look", "card")
        self.system = self._editor("System prompt", "How should every model behave?", 2)
        self.prompt = self._editor("Prompt", "Ask every model the same…", 3)
        self.run = MainButton(theme, "play", "Run", parent=self)
        self.run.clicked.connect(self.run_wanted)
        self.stop = MainButton(theme, "stop", "Stop", look="stop", parent=self)
        self.stop.clicked.connect(self.stop_wanted)
        self.stop.hide()
        self.kept = label("", wrap=True, parent=self)
        words = "Put these prompts away and write one"
        self.write = TextButton(theme, "close", "Write a prompt instead", words, parent=self)
        self.write.clicked.connect(self._put_cases_away)
        self.reason = label("", "small-muted", parent=self)
        self._make_options()
        self._lay_out()
        self.system.textChanged.connect(self._edit_system)
        self.prompt.textChanged.connect(self._edit_prompt)

    def show_draft(self, draft: Draft) -> None:
        self._draft = draft
        for editor, text in ((self.system, draft.system), (self.prompt, draft.prompt)):
            if editor.toPlainText() != text:
                editor.setPlainText(text)
        self._show_cases(draft)
        system = bool(draft.system) or self.system_switch.isChecked()
        self.system_switch.setChecked(system and not draft.cases)
        self.repeats.set_number(draft.repeats)
        self.together.setChecked(draft.together)
        self.blind.setChecked(draft.blind)
        self._show_sampling(draft.sampling)

    def show_availability(
        self, why_not_run: str, why_not_stop: str, running: bool, several: bool
    ) -> None:
        """Offer Run or Stop; a button that cannot be used says why beside it and in its tool tip."""
        had_focus = self.run.hasFocus() or self.stop.hasFocus()
        self.run.setVisible(not running)
        self.stop.setVisible(running)
        self.run.setEnabled(not why_not_run)
        self.stop.setEnabled(not why_not_stop)
        self.run.setToolTip(why_not_run or "Run this prompt on every model (Ctrl+Enter)")
        self.stop.setToolTip(why_not_stop or "Stop, and keep what was produced (Esc)")
        self.reason.setText(why_not_stop if running else why_not_run)
        self.together.setEnabled(several)
        self.together.setToolTip(
            "Run all models at once. They then share this machine, and their timings say so."
            if several
            else "With two models or more, they can run at once."
        )
        self.blind.setEnabled(several)
        self.blind.setToolTip(
            "Hide names and figures until you have said which reply is best."
            if several
            else "With two models or more, their names can be hidden."
        )
        if had_focus:
            (self.stop if running else self.run).setFocus()

    def take_focus(self) -> None:
        if self.prompt.isHidden():
            self.run.setFocus()
            return
        self.prompt.setFocus()
        self.prompt.moveCursor(QTextCursor.MoveOperation.End)

    def _make_options(self) -> None:
        self.system_switch = FoldButton(self._theme, "System prompt", "the system prompt", self)
        self.system_switch.clicked.connect(self._go_to_system)
        self.sampling = TextButton(self._theme, "sliders", "", "Sampling settings", parent=self)
        self.sampling.clicked.connect(self._open_sampling)
        self.repeats = NumberField(1, 1, 100, parent=self)
        self.repeats.setAccessibleName("Repeats")
        self.repeats.setToolTip("Ask so many times, in turns, to see how far the figures spread.")
        self.repeats.valueChanged.connect(self._edit_repeats)
        self.together = QCheckBox("Together", self)
        self.together.toggled.connect(self._edit_together)
        self.blind = QCheckBox("Blind", self)
        self.blind.toggled.connect(self._edit_blind)

    def _lay_out(self) -> None:
        space = self._theme.space
        options = QHBoxLayout()
        options.setSpacing(space.m)
        options.addWidget(self._options(), 1)
        options.addWidget(self.reason)
        options.addWidget(self.run)
        options.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.m, space.m, space.s)
        column.setSpacing(space.s)
        column.addWidget(self._system_part())
        column.addLayout(self._cases_part())
        column.addWidget(self.prompt)
        column.addLayout(options)
        for before, after in (
            (self.system, self.prompt),
            (self.prompt, self.run),
            (self.run, self.stop),
            (self.stop, self.system_switch),
            (self.system_switch, self.sampling),
            (self.sampling, self.repeats),
            (self.repeats, self.together),
            (self.together, self.blind),
        ):
            QWidget.setTabOrder(before, after)

    def _system_part(self) -> QWidget:
        """The system prompt under its name, set apart from the prompt; folded away at first."""
        space = self._theme.space
        part = QWidget(self)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.xs)
        name = label("System prompt", "small-muted", parent=part)
        name.setContentsMargins(space.xs, 0, 0, 0)
        line = QFrame(part)
        line.setProperty("look", "line")
        line.setFixedHeight(1)
        for widget in (name, self.system, line):
            column.addWidget(widget)
        part.hide()
        self.system_switch.toggled.connect(part.setVisible)
        return part

    def _cases_part(self) -> QHBoxLayout:
        """In place of the prompt where all prompts of an earlier session are to be asked."""
        row = QHBoxLayout()
        row.setSpacing(self._theme.space.m)
        row.addWidget(self.kept, 1)
        row.addWidget(self.write)
        return row

    def _show_cases(self, draft: Draft) -> None:
        kept = bool(draft.cases)
        self.kept.setText(cases_words(draft.cases))
        for part in (self.kept, self.write):
            part.setVisible(kept)
        for field in (self.prompt, self.system_switch):
            field.setVisible(not kept)

    def _put_cases_away(self) -> None:
        self.edited.emit("cases", ())
        self._show_cases(Draft())
        self.take_focus()

    def _options(self) -> QWidget:
        """How it is to be run, in as many rows as the width asks for."""
        space = self._theme.space
        repeats = QWidget(self)
        row = QHBoxLayout(repeats)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space.s)
        row.addWidget(label("Repeats", parent=repeats))
        row.addWidget(self.repeats)
        options = QWidget(self)
        flow = FlowLayout(space.m, options)
        for part in (self.system_switch, self.sampling, repeats, self.together, self.blind):
            flow.addWidget(part)
        return options

    def _editor(self, name: str, hint: str, lines: int) -> QPlainTextEdit:
        editor = FocusTold(self)
        editor.setProperty("look", "field")
        editor.setAccessibleName(name)
        editor.setPlaceholderText(hint)
        editor.setTabChangesFocus(True)
        editor.setAcceptDrops(False)  # a model file dropped here is for the window
        editor.document().setDocumentMargin(self._theme.space.xs)
        editor.setFixedHeight(self._theme.lines(lines) + 2 * self._theme.space.xs + 2)
        editor.focus_changed.connect(self._show_focus)
        return editor

    def _show_focus(self, focused: bool) -> None:
        self.setProperty("look", "card-focus" if focused else "card")
        self.style().unpolish(self)
        self.style().polish(self)

    def _go_to_system(self, shown: bool) -> None:
        (self.system if shown else self.prompt).setFocus()

    def _show_sampling(self, sampling: Sampling) -> None:
        self._draft_sampling = sampling
        self.sampling.setText(sampling_words(sampling))

    def _open_sampling(self) -> None:
        form = SamplingForm(self._theme, self._draft_sampling, self._draft.warm_up, self)
        form.edited.connect(self._edit_sampling)
        form.warm_up_chosen.connect(self._edit_warm_up)
        form.open_at(self.sampling)

    def _edit_sampling(self, sampling: Sampling) -> None:
        self._show_sampling(sampling)
        self.edited.emit("sampling", sampling)

    def _edit_warm_up(self, warm_up: bool) -> None:
        self.edited.emit("warm_up", warm_up)

    def _edit_system(self) -> None:
        self.edited.emit("system", self.system.toPlainText())

    def _edit_prompt(self) -> None:
        self.edited.emit("prompt", self.prompt.toPlainText())

    def _edit_repeats(self, repeats: int) -> None:
        self.edited.emit("repeats", repeats)

    def _edit_together(self, together: bool) -> None:
        self.edited.emit("together", together)

    def _edit_blind(self, blind: bool) -> None:
        self.edited.emit("blind", blind)


class FocusTold(QPlainTextEdit):
    """An editor that tells its frame when it has the keyboard."""

    focus_changed = Signal(bool)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)


def cases_words(cases: tuple[Case, ...]) -> str:
    """What is asked in place of a prompt."""
    if len(cases) == 1:
        return "The prompt of the session is asked again, as it is."
    return f"All {len(cases)} prompts of the session are asked again, as they are."


def sampling_words(sampling: Sampling) -> str:
    """The settings that matter most, as the button that opens all of them."""
    how = "Greedy" if sampling.temperature == 0 else f"Temperature {sampling.temperature:g}"
    words = [how, count(sampling.max_tokens, "token")]
    if sampling.temperature > 0:
        words.append(f"seed {sampling.seed}")
    if sampling.constraint is not None:
        words.append(
            "JSON" if sampling.constraint.__class__.__name__ == "JsonSchema" else "grammar"
        )
    return " · ".join(words)
