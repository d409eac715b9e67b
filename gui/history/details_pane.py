"""What is known of the chosen session, and what its user says about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.contract import Session
from gui.figures import count, when
from gui.history import words
from gui.history.tag_row import TagRow
from gui.pages import Use
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label
from gui.widgets.rows import RowsView
from gui.widgets.scrolling import scrolling


class DetailsPane(QFrame):
    """Edits are told when they are done: by Enter, or by leaving the field."""

    open_wanted = Signal()
    again_wanted = Signal()
    change_wanted = Signal()
    resume_wanted = Signal()
    export_wanted = Signal()
    compare_wanted = Signal()
    delete_wanted = Signal()
    star_wanted = Signal()
    renamed = Signal(str, str)
    noted = Signal(str, str)
    tag_added = Signal(str)
    tag_removed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._session: Session | None = None
        self._rows: RowsView | None = None
        self.setProperty("look", "card")
        self.setFixedWidth(theme.characters(54))
        self.title = QLineEdit(self)
        self.title.setAccessibleName("Title")
        self.title.editingFinished.connect(self._tell_title)
        self.notes = NotesField(self)
        self.notes.left.connect(self._tell_notes)
        self.tags = TagRow(theme, self)
        self.tags.added.connect(self.tag_added)
        self.tags.removed.connect(self.tag_removed)
        self.heading = label("", "strong", wrap=True, parent=self)
        self.open = MainButton(theme, "compare", "Open", parent=self)
        self.again = MainButton(theme, "again", "Run again", look="", parent=self)
        self.change = MainButton(theme, "sliders", "With changes…", look="", parent=self)
        self.resume = MainButton(theme, "play", "Resume", look="", parent=self)
        self.compare = MainButton(theme, "together", "Compare the two", parent=self)
        self.export = MainButton(theme, "export", "Export…", look="", parent=self)
        self.star = QPushButton("☆ Star", self)
        self.delete = MainButton(theme, "trash", "Delete", look="", parent=self)
        for button, wanted in (
            (self.open, self.open_wanted),
            (self.again, self.again_wanted),
            (self.change, self.change_wanted),
            (self.resume, self.resume_wanted),
            (self.compare, self.compare_wanted),
            (self.export, self.export_wanted),
            (self.star, self.star_wanted),
            (self.delete, self.delete_wanted),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(wanted)
        self._lay_out(theme)
        self.show_chosen(0)

    def show_chosen(self, n_chosen: int) -> None:
        """Make room for what can be done with so many sessions."""
        self._stack.setCurrentIndex(1 if n_chosen else 0)
        self.heading.setText(f"{count(n_chosen, 'session')} chosen")
        self.heading.setVisible(n_chosen > 1)
        self._one.setVisible(n_chosen == 1)
        for button in (self.open, self.again, self.change):
            button.setVisible(n_chosen == 1)
        self.resume.hide()
        self.compare.setVisible(n_chosen == 2)
        if self._rows is not None:
            self._rows.setVisible(n_chosen == 1)
        if n_chosen != 1:
            self._session = None
            self.tags.show_tags(())
            self.star.setText("☆ Star")
            self.star.setAccessibleName("Star what is chosen, or take the stars away")

    def show_uses(self, why_not: Callable[[Use], str]) -> None:
        """What the chosen session can be used for, and why not for the rest."""
        self.resume.setVisible(not why_not("resume"))
        for button, why, purpose in (
            (self.again, why_not("again"), "Run all of it once more, as it was"),
            (self.change, why_not("change"), "Run it with other models, settings or sampling"),
        ):
            button.setEnabled(not why)
            button.setToolTip(why or purpose)

    def show_session(self, session: Session) -> None:
        same = self._session is not None and self._session.id == session.id
        self._session = session
        if not (same and self.title.hasFocus()):
            self.title.setText(session.title)
            self.title.setCursorPosition(0)
        if not (same and self.notes.hasFocus()):
            with QSignalBlocker(self.notes):
                self.notes.setPlainText(session.notes)
        self.tags.show_tags(session.tags)
        self.star.setText("★ Starred" if session.starred else "☆ Star")
        self.star.setAccessibleName(
            "Take the star away" if session.starred else "Star this session"
        )
        fresh = RowsView(self._theme, _facts(session), self._one)
        if self._rows is None:
            self._facts_at.addWidget(fresh)
        else:
            self._facts_at.replaceWidget(self._rows, fresh)
            self._rows.deleteLater()
        fresh.show()
        self._rows = fresh

    def hideEvent(self, event: QHideEvent) -> None:
        """A window that closes takes along what is being typed."""
        super().hideEvent(event)
        self._tell_title()
        self._tell_notes()

    def _lay_out(self, theme: Theme) -> None:
        space = theme.space
        self._one = self._title_and_notes(space.s)
        self._facts_at = QVBoxLayout()
        rows = [QHBoxLayout() for _ in range(3)]
        for row, buttons in zip(
            rows,
            (
                (self.open, self.resume, self.compare),
                (self.again, self.change),
                (self.star, self.export, self.delete),
            ),
            strict=True,
        ):
            row.setSpacing(space.s)
            for button in buttons:
                row.addWidget(button, 1)
        inner = QWidget(self)
        inner.setProperty("look", "clear")
        column = QVBoxLayout(inner)
        column.addWidget(self.heading)
        for row in rows:
            column.addLayout(row)
        column.addWidget(self._one)
        column.addWidget(label("Tags", "small-muted", parent=self))
        column.addWidget(self.tags)
        column.addLayout(self._facts_at)
        column.addStretch(1)
        column.setSpacing(space.s)
        column.setContentsMargins(space.m, space.m, space.m, space.m)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(_nothing_chosen(theme, self))
        self._stack.addWidget(scrolling(inner, self))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.addWidget(self._stack)

    def _title_and_notes(self, spacing: int) -> QWidget:
        """What only one session has."""
        made = QWidget(self)
        made.setProperty("look", "clear")
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(spacing)
        column.addWidget(label("Title", "small-muted", parent=self))
        column.addWidget(self.title)
        column.addWidget(label("Notes", "small-muted", parent=self))
        column.addWidget(self.notes)
        return made

    def _tell_title(self) -> None:
        session, text = self._session, self.title.text().strip()
        if session is not None and text and text != session.title:
            self.renamed.emit(session.id, text)

    def _tell_notes(self) -> None:
        session, text = self._session, self.notes.toPlainText()
        if session is not None and text != session.notes:
            self.noted.emit(session.id, text)


class NotesField(QPlainTextEdit):
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "entry")
        self.setAccessibleName("Notes")
        self.setPlaceholderText("What to remember about this session")
        self.setTabChangesFocus(True)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * 5)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


def _facts(session: Session) -> list[tuple[str, str]]:
    environment = session.environment
    models = [each.name for each in session.contenders]
    power = {"mains": "on mains", "battery": "on battery"}.get(environment.power_source or "", "")
    asked = [("Prompts", str(len(session.cases)))] if session.cases else []
    if session.fidelity_task is not None:
        asked = [("Measured on", words.measured_on(session.fidelity_task)), *asked]
    elif session.cases and session.kind != "fidelity":
        asked.append(("Replies", words.replies_of(session)))
    return [
        ("When", when(session.created, datetime.now().astimezone())),
        ("Kind", words.KINDS[session.kind]),
        ("Status", words.status_of(session)),
        ("Models", "\n".join(models)),
        *asked,
        ("Machine", ", ".join(part for part in (environment.cpu, power) if part)),
        ("Software", f"{environment.app}, {environment.llama_cpp or 'llama.cpp unknown'}"),
    ]


def _nothing_chosen(theme: Theme, parent: QWidget) -> QLabel:
    margin = theme.space.l
    shown = label(
        "Choose a session to see its details. Choose two to compare them.",
        "muted",
        wrap=True,
        parent=parent,
    )
    shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
    shown.setContentsMargins(margin, margin, margin, margin)
    return shown
