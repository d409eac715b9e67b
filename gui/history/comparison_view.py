"""Two sessions side by side: what differed around them, their speeds, and each pair of replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.contract import Reply, Session
from engine.naming import short_names
from gui.clipboard import reply_words
from gui.compare.draft_model import prompt_text
from gui.figures import when
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.copy_menu import offer_table, offer_words
from gui.widgets.labels import ElidedLabel, label
from storage.comparison import SessionComparison
from storage.comparison_words import (
    difference_rows,
    pair_states,
    quality_rows,
    replies_words,
    speed_rows,
)


class ComparisonView(QWidget):
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._comparison: SessionComparison | None = None
        self._prompts: dict[str, str] = {}
        self.back = TextButton(theme, "left", "All sessions", "Back to all sessions", parent=self)
        self.back.clicked.connect(self.closed)
        self.before = ElidedLabel("", "strong", self)
        self.after = ElidedLabel("", "strong", self)
        self.differences = _table(theme, "What differs", ("What", "Model", "Before", "After"), self)
        self.speeds = _table(
            theme, "Figures", ("Model", "Figure", "Change", "Before", "After"), self
        )
        self.speeds.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.speeds.header().setStretchLastSection(True)
        self.replies = _table(theme, "Replies", ("Prompt", "Model", "Repeat", "Reply"), self)
        self.replies.currentItemChanged.connect(self._show_pair)
        self.reply_before, self.reply_after = _reply("before", self), _reply("after", self)
        self._replies_heading = label("Replies", "strong", parent=self)
        self._lay_out(theme)

    def show_comparison(
        self, before: Session, after: Session, comparison: SessionComparison
    ) -> None:
        self._comparison = comparison
        self._prompts = {
            case.id: " ".join(prompt_text(case).split()) for case in (*before.cases, *after.cases)
        }
        now = datetime.now().astimezone()
        self.before.setText(session_words(before, now))
        self.after.setText(session_words(after, now))
        short = _shortened(before, after)
        differences = [
            (what, short.get(model, model), *values)
            for what, model, *values in difference_rows(comparison)
        ]
        _fill(self.differences, differences, "Nothing that is known differs.")
        figures = [*quality_rows(comparison), *speed_rows(comparison)]
        # What changed comes first: where there is little room, the long texts behind it are cut.
        ordered = [
            (short.get(model, model), figure, change, *values)
            for model, figure, *values, change in figures
        ]
        _fill(self.speeds, ordered, "No model took part in both.")
        states = pair_states(comparison)
        rows = [
            (
                self._prompts.get(pair.case, pair.case),
                short.get(pair.contender, pair.contender),
                str(pair.repeat + 1),
                state,
            )
            for pair, state in zip(comparison.replies, states, strict=True)
        ]
        _fill(self.replies, rows, "No prompt was put to the same model in both.")
        self._replies_heading.setText(replies_words(states))
        self._show_pair()
        first = next((n for n, state in enumerate(states) if state.startswith("changed")), 0)
        self.replies.setCurrentIndex(self.replies.model().index(first, 0))
        self.back.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _show_pair(self) -> None:
        row = self.replies.currentIndex().row()
        pairs = () if self._comparison is None else self._comparison.replies
        if 0 <= row < len(pairs):
            self.reply_before.setPlainText(_said(pairs[row].before))
            self.reply_after.setPlainText(_said(pairs[row].after))
        else:
            self.reply_before.clear()
            self.reply_after.clear()

    def _lay_out(self, theme: Theme) -> None:
        space = theme.space
        names = QGridLayout()
        names.setHorizontalSpacing(space.m)
        names.setVerticalSpacing(space.xs)
        for row, (word, shown) in enumerate((("Before", self.before), ("After", self.after))):
            names.addWidget(label(word, "small-muted", parent=self), row, 0)
            names.addWidget(shown, row, 1)
        names.setColumnStretch(1, 1)
        top = QHBoxLayout()
        top.setSpacing(space.l)
        top.addWidget(self.back, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(names, 1)
        tables = QHBoxLayout()
        tables.addWidget(_card(theme, label("What differs", "strong"), self.differences, self), 1)
        tables.addWidget(
            _card(theme, label("Figures, speeds as medians", "strong"), self.speeds, self), 1
        )
        texts = QHBoxLayout()
        texts.addWidget(_card(theme, self._replies_heading, self.replies, self), 5)
        texts.addWidget(_card(theme, label("Before", "strong"), self.reply_before, self), 4)
        texts.addWidget(_card(theme, label("After", "strong"), self.reply_after, self), 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (tables, texts, column):
            part.setSpacing(space.m)
        column.addLayout(top)
        column.addLayout(tables, 2)
        column.addLayout(texts, 3)


def session_words(session: Session, now: datetime) -> str:
    return f"{' '.join(session.title.split())} · {when(session.created, now)}"


def _shortened(before: Session, after: Session) -> dict[str, str]:
    """Each contender's name without what all of them begin with."""
    names = list(dict.fromkeys(each.name for each in (*before.contenders, *after.contenders)))
    return dict(zip(names, short_names(names), strict=True))


def _table(theme: Theme, name: str, headers: Sequence[str], parent: QWidget) -> QTreeWidget:
    made = QTreeWidget(parent)
    made.setAccessibleName(name)
    made.setProperty("look", "plain")
    made.setHeaderLabels(list(headers))
    made.setRootIsDecorated(False)
    made.setUniformRowHeights(True)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setTextElideMode(Qt.TextElideMode.ElideRight)
    header = made.header()
    header.setStretchLastSection(False)
    for column in range(len(headers)):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setMaximumSectionSize(theme.characters(40))
    offer_table(made)
    return made


def _fill(table: QTreeWidget, rows: Sequence[Sequence[str]], nothing: str) -> None:
    table.clear()
    for row in rows or [(nothing,)]:
        item = QTreeWidgetItem([" ".join(cell.split()) for cell in row])
        item.setSizeHint(0, QSize(0, round(table.fontMetrics().lineSpacing() * 1.6)))
        for column, cell in enumerate(row):
            if len(cell) > 20:
                item.setToolTip(column, f"<p>{escape(cell[:500])}</p>")
        table.addTopLevelItem(item)
    if not rows:
        table.setFirstColumnSpanned(0, QModelIndex(), True)


def _reply(when: str, parent: QWidget) -> QPlainTextEdit:
    made = QPlainTextEdit(parent)
    made.setProperty("look", "reply")
    made.setReadOnly(True)
    made.setAccessibleName(f"Reply {when}")
    offer_words(
        made,
        "the reply",
        lambda: reply_words(made.toPlainText()),
        lambda: "" if made.toPlainText() else "There is no reply.",
    )
    return made


def _card(theme: Theme, heading: QWidget, inner: QWidget, parent: QWidget) -> QFrame:
    card = QFrame(parent)
    card.setProperty("look", "card")
    column = QVBoxLayout(card)
    column.setContentsMargins(theme.space.m, theme.space.s, theme.space.m, theme.space.s)
    column.setSpacing(theme.space.s)
    column.addWidget(heading)
    column.addWidget(inner, 1)
    return card


def _said(reply: Reply | None) -> str:
    if reply is None:
        return "There is no such reply."
    return reply.text if reply.error is None else f"{reply.text}\n\nFailed: {reply.error}".strip()
