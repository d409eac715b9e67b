"""One contender's column: who it is, how far it is, what it says, what that took."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.contract import Contender, Piece
from gui import clipboard
from gui.clipboard import Words, reply_words
from gui.compare.cells import ColumnView, Phase
from gui.compare.contenders_model import settings_summary, short_name
from gui.compare.failure import FailureNote
from gui.compare.figures_line import FiguresLine
from gui.compare.states import state, waiting_words
from gui.details import model_rows
from gui.figures import size
from gui.theme import Theme
from gui.widgets.buttons import IconButton
from gui.widgets.copy_menu import offer_words
from gui.widgets.labels import Badge, ElidedLabel, label
from gui.widgets.reply import ReplyView
from gui.widgets.rows import RowsView


class Column(QFrame):
    """The page sets its state by `show_view`, its text by `show_text` and `append`."""

    maximise_toggled = Signal(bool)
    repeat_chosen = Signal(int)
    divergence_wanted = Signal()
    link_chosen = Signal(QUrl)

    def __init__(self, theme: Theme, contender: Contender, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.contender = contender
        self._view = ColumnView(contender=contender, phase=Phase.READY)
        self.setProperty("look", "card")
        self.setAccessibleName(f"Column of {contender.name}")
        self.setMinimumWidth(theme.characters(40))
        self.reply = ReplyView(theme, contender.name, self)
        self.reply.link_chosen.connect(self.link_chosen)
        self.figures = FiguresLine(theme, contender.name, self)
        self.badge = Badge(self)
        self.failure = FailureNote(theme, self)
        self._progress = QProgressBar(self)
        self._progress.setAccessibleName(f"Loading of {contender.name}")
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._hint = label("", "small-muted", wrap=True, parent=self)
        self._make_buttons()
        self._body = QStackedWidget(self)
        self._body.addWidget(self._ready_page())
        self._body.addWidget(self.reply)
        # In a low window the text gives way, never the figures below it.
        self._body.setMinimumHeight(theme.lines(4))
        self._lay_out()
        for widget in (self, *self.reply.areas):
            offer_words(widget, "the reply", self._words, self._why_no_copy)
        self.show_view(self._view)

    @property
    def view(self) -> ColumnView:
        return self._view

    def show_view(self, view: ColumnView) -> None:
        self._view = view
        self.badge.show_state(*state(view))
        self.reply.show_waiting(waiting_words(view))
        loading = view.phase is Phase.LOADING and view.load_fraction is not None
        self._progress.setValue(round(1000 * (view.load_fraction or 0.0)) if loading else 0)
        self._body.setCurrentIndex(0 if view.phase is Phase.READY else 1)
        self.failure.show_reply(view.reply if view.phase is Phase.FAILED else None)
        self.figures.show_view(view)
        self._show_repeats(view)
        self._show_hint(view)
        self.copy.setEnabled(bool(self.reply.text))

    def set_contender(self, contender: Contender) -> None:
        """The same model under the same name, in other settings."""
        self.contender = contender
        self._show_hint(self._view)

    def show_text(self, text: str, reasoning: str) -> None:
        self.reply.show_text(text, reasoning, whole=self._view.reply is not None)
        self.copy.setEnabled(bool(text))

    def append(self, piece: Piece) -> None:
        target = self.reply if piece.channel == "text" else self.reply.reasoning
        target.append(piece.text)

    def take_focus(self) -> None:
        self.reply.area.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def tab_stops(self) -> list[QWidget]:
        """What the Tab key visits, in the order in which the column reads."""
        reasoning = self.reply.reasoning.button
        buttons: list[QWidget] = [
            self.diverge,
            self.raw,
            self.copy,
            self.maximise,
            self.earlier,
            self.later,
        ]
        return [*buttons, reasoning, *self.reply.areas, self.figures.details]

    def show_divergence(self, why_not: str) -> None:
        """Whether another contender can read this reply, or the sentence why not."""
        self.diverge.setEnabled(not why_not)
        self.diverge.setToolTip(why_not or self.diverge.accessibleName())

    def set_raw(self, raw: bool) -> None:
        self.raw.setChecked(raw)

    def set_maximised(self, maximised: bool) -> None:
        self.maximise.blockSignals(True)
        self.maximise.setChecked(maximised)
        self.maximise.blockSignals(False)
        picture, name = (
            ("restore", "Show all columns") if maximised else ("maximise", "Show this column alone")
        )
        self.maximise.set_picture(picture, f"{name}: {self.contender.name}")

    def _make_buttons(self) -> None:
        name = self.contender.name
        self.copy = IconButton(self._theme, "copy", f"Copy the reply of {name}", self)
        self.copy.clicked.connect(self._copy)
        words = f"Where would another model differ from {name}?"
        self.diverge = IconButton(self._theme, "diverge", words, self)
        self.diverge.clicked.connect(self.divergence_wanted)
        self.raw = IconButton(self._theme, "raw", f"Show the raw text of {name}", self)
        self.raw.setCheckable(True)
        self.raw.toggled.connect(self.reply.show_raw)
        self.maximise = IconButton(self._theme, "maximise", f"Show this column alone: {name}", self)
        self.maximise.setCheckable(True)
        self.maximise.toggled.connect(self.maximise_toggled)
        self.earlier = IconButton(self._theme, "left", f"Earlier repeat of {name}", self)
        self.later = IconButton(self._theme, "right", f"Later repeat of {name}", self)
        self.earlier.clicked.connect(self._show_earlier)
        self.later.clicked.connect(self._show_later)
        self._repeat = label("", "small-muted", parent=self)

    def _lay_out(self) -> None:
        space = self._theme.space
        top = QHBoxLayout()
        top.setSpacing(0)
        title = ElidedLabel(short_name(self.contender), "strong", self)
        title.setToolTip(_tool_tip(self.contender))
        top.addWidget(title, 1)
        for button in (self.diverge, self.raw, self.copy, self.maximise):
            top.addWidget(button)
        under = QHBoxLayout()
        under.setSpacing(space.s)
        if self.contender.model.quantization:
            under.addWidget(label(self.contender.model.quantization, "tag", parent=self))
        under.addWidget(label(size(self.contender.model.size_bytes), "small-muted", parent=self))
        under.addStretch(1)
        repeats = QHBoxLayout()
        repeats.setSpacing(0)
        for part in (self.earlier, self._repeat, self.later):
            repeats.addWidget(part)
        under.addLayout(repeats)
        under.addWidget(self.badge)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.m, space.s, space.s, space.m)
        column.setSpacing(space.s)
        for layout in (top, under):
            column.addLayout(layout)
        for widget in (self._hint, self._progress, self.failure):
            column.addWidget(widget)
        column.addWidget(self._body, 1)
        column.addWidget(self.figures)

    def _ready_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(RowsView(self._theme, model_rows(self.contender.model), page))
        column.addStretch(1)
        return page

    def _show_repeats(self, view: ColumnView) -> None:
        several = view.repeats > 1 and view.phase is not Phase.READY
        for part in (self.earlier, self._repeat, self.later):
            part.setVisible(several)
        self._repeat.setText(f"{view.shown_repeat + 1} of {view.repeats}")
        self.earlier.setEnabled(view.shown_repeat > 0)
        self.later.setEnabled(view.shown_repeat < view.repeats - 1)

    def _show_hint(self, view: ColumnView) -> None:
        words = settings_summary(self.contender)
        if view.changed_since:
            words = "The settings were changed after this reply."
        self._hint.setText(words)
        self._hint.setVisible(bool(words))

    def _show_earlier(self) -> None:
        self.repeat_chosen.emit(self._view.shown_repeat - 1)

    def _show_later(self) -> None:
        self.repeat_chosen.emit(self._view.shown_repeat + 1)

    def _copy(self) -> None:
        clipboard.copy(clipboard.rich(self._words()))

    def _words(self) -> Words:
        return reply_words(self.reply.text)

    def _why_no_copy(self) -> str:
        return "" if self.reply.text else "There is no reply yet."


def _tool_tip(contender: Contender) -> str:
    return f"<p>{escape(contender.name)}</p><p>{escape(contender.model.path)}</p>"
