"""Small windows that take cases from the clipboard and from a recorded session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from gui.figures import count, when
from gui.theme import Theme
from gui.widgets.fields import ChoiceField, add_row, form
from gui.widgets.labels import label
from gui.widgets.popover import Popover
from storage.summary import SessionSummary

_FORMS = "YAML, JSON, JSONL or CSV, as in a file; promptfoo's too."
_EXAMPLE = "prompt,expected\nWhat is the capital of France?,icontains: Paris"
_LONGEST_TITLE: Final = 50


class PasteForm(Popover):
    """Begins with what the clipboard holds."""

    pasted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, "Paste cases", parent)
        self.text = QPlainTextEdit(self)
        self.text.setAccessibleName("Cases as text")
        self.text.setAccessibleDescription(_FORMS)
        self.text.setProperty("look", "entry")
        self.text.setTabChangesFocus(True)
        self.text.setFont(theme.mono(theme.type.small))
        self.text.setMinimumSize(theme.characters(70), theme.lines(14))
        self.text.setPlaceholderText(_EXAMPLE)
        self.take = QPushButton("Use these cases", self)
        self.take.setProperty("look", "primary")
        self.body.addWidget(label(_FORMS, "small-muted", wrap=True, parent=self))
        self.body.addWidget(self.text, 1)
        self.foot.addStretch(1)
        self.foot.addWidget(self.take)
        self.text.textChanged.connect(self._judge)
        self.take.clicked.connect(self._take)
        self.text.setPlainText(QGuiApplication.clipboard().text())
        self._judge()

    def _judge(self) -> None:
        self.take.setEnabled(bool(self.text.toPlainText().strip()))

    def _take(self) -> None:
        self.pasted.emit(self.text.toPlainText())
        self.close()


class SessionForm(Popover):
    """Offers recorded sessions, and whose replies in it are the expected answers."""

    chosen = Signal(str, str, str)
    """The session's id, a contender's name or empty, and the session's title."""

    def __init__(
        self,
        theme: Theme,
        sessions: Sequence[SessionSummary],
        parent: QWidget,
        *,
        whose_answers: bool = True,
    ) -> None:
        """whose_answers False: the session alone is asked for."""
        title = "Cases of a recorded session" if whose_answers else "Replies of a recorded session"
        super().__init__(theme, title, parent)
        self._sessions = tuple(sessions)
        self.session = ChoiceField({}, "", self)
        self.answers = ChoiceField({}, "", self)
        self.session.offer({each.id: _words(each) for each in self._sessions})
        words = "Use its prompts" if whose_answers else "Use its replies"
        self.take = QPushButton(words, self)
        self.take.setProperty("look", "primary")
        self.take.setEnabled(bool(self._sessions))
        self._lay_out(theme, whose_answers=whose_answers)
        self.session.currentIndexChanged.connect(self._offer_answers)
        self.take.clicked.connect(self._take)
        self._offer_answers(0)

    def _lay_out(self, theme: Theme, *, whose_answers: bool) -> None:
        rows = form(theme)
        add_row(
            rows,
            "Session",
            self.session,
            "Its prompts become cases, with the checks they had." if whose_answers else "",
        )
        self.answers.setVisible(whose_answers)
        if whose_answers:
            add_row(
                rows,
                "Expected answers",
                self.answers,
                "Shown beside each case, and offered as what a reply has to agree with.",
            )
        none = "There are no recorded sessions yet."
        n_sessions = len(self._sessions)
        shown = f"{count(n_sessions, 'session')}, newest first." if n_sessions else none
        self.body.addWidget(label(shown, "small-muted", parent=self))
        self.body.addLayout(rows)
        self.foot.addStretch(1)
        self.foot.addWidget(self.take)

    def _offer_answers(self, place: int) -> None:
        self.answers.clear()
        self.answers.addItem("none", "")
        if 0 <= place < len(self._sessions):
            for name in self._sessions[place].contenders:
                self.answers.addItem(f"the replies of {name}", name)

    def _take(self) -> None:
        chosen = self._sessions[self.session.currentIndex()]
        self.chosen.emit(chosen.id, self.answers.choice, chosen.title)
        self.close()


def _words(session: SessionSummary) -> str:
    title = " ".join(session.title.split())
    short = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
    return f"{when(session.created, datetime.now().astimezone())}: {short}"
