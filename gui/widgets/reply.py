"""The text of one reply: plain while it streams, Markdown once it is whole."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QTextCursor, QTextOption
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from gui.theme import Theme
from gui.widgets.buttons import FoldButton
from gui.widgets.markdown import MarkdownView


class ReplyView(QWidget):
    """Text arrives by `append` and is painted at `flush`; `show_text` sets a whole one."""

    link_chosen = Signal(QUrl)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._raw = False
        self._whole = False
        self._text: list[str] = []
        self._pending: list[str] = []
        self.reasoning = Reasoning(theme, name, self)
        self._plain = _reader(self)
        self._plain.setAccessibleName(f"Reply of {name}")
        self._plain.setProperty("look", "reply")
        self._markdown = MarkdownView(theme, self)
        self._markdown.setAccessibleName(f"Reply of {name}")
        self._markdown.anchorClicked.connect(self.link_chosen)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._plain)
        self._stack.addWidget(self._markdown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addWidget(self.reasoning)
        column.addWidget(self._stack, 1)

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def area(self) -> QPlainTextEdit | QTextBrowser:
        """The scrolled widget on show."""
        return self._markdown if self._stack.currentWidget() is self._markdown else self._plain

    @property
    def areas(self) -> tuple[QPlainTextEdit, QTextBrowser]:
        return self._plain, self._markdown

    @property
    def raw(self) -> bool:
        return self._raw

    def append(self, text: str) -> None:
        self._text.append(text)
        self._pending.append(text)

    def flush(self) -> None:
        """Paint what has come since the last time; the end is followed only where it was in view."""
        self.reasoning.flush()
        if self._pending:
            insert_at_end(self._plain, "".join(self._pending))
            self._pending.clear()

    def show_text(self, text: str, reasoning: str, *, whole: bool) -> None:
        """Set the text; a whole one is shown as Markdown unless the raw text is wanted."""
        at_end = not self._whole and bool(self._text) and _at_end(self._plain)
        self._text = [text]
        self._pending.clear()
        self._whole = whole
        self.reasoning.show_text(reasoning, open_it=whole and bool(reasoning) and not text.strip())
        self._plain.setPlainText(text)
        self._choose()
        bar = self.area.verticalScrollBar()
        bar.setValue(bar.maximum() if at_end or not whole else bar.minimum())

    def show_waiting(self, words: str) -> None:
        """What an empty reply says in its place."""
        self._plain.setPlaceholderText(words)

    def show_raw(self, raw: bool) -> None:
        self._raw = raw
        self._choose()

    def _choose(self) -> None:
        if self._whole and not self._raw and self.text.strip():
            self._markdown.show_markdown(self.text)
            self._stack.setCurrentWidget(self._markdown)
        else:
            self._stack.setCurrentWidget(self._plain)


class Reasoning(QWidget):
    """What a model thought before it replied, folded away under a count of its words."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text: list[str] = []
        self._pending: list[str] = []
        self._words = 0
        self._button = FoldButton(theme, "Reasoning", "the reasoning", self)
        self._reader = _reader(self)
        self._reader.setProperty("look", "aside")
        self._reader.setAccessibleName(f"Reasoning of {name}")
        self._reader.setFixedHeight(theme.lines(9))
        self._reader.document().setDocumentMargin(theme.space.s)
        self._reader.hide()
        self._button.toggled.connect(self._reader.setVisible)
        row = QHBoxLayout()
        row.addWidget(self._button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.xs)
        column.addLayout(row)
        column.addWidget(self._reader)
        self.hide()

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def button(self) -> QPushButton:
        return self._button

    def append(self, text: str) -> None:
        self._text.append(text)
        self._pending.append(text)

    def flush(self) -> None:
        if self._pending:
            fresh = "".join(self._pending)
            self._pending.clear()
            insert_at_end(self._reader, fresh)
            self._words += len(fresh.split())
            self._count(f"Thinking… {self._words} words")
            self.show()

    def show_text(self, text: str, *, open_it: bool) -> None:
        self._text = [text]
        self._pending.clear()
        self._words = len(text.split())
        self._reader.setPlainText(text)
        self._count(f"Reasoning · {self._words} words")
        self._button.setChecked(open_it)
        self.setVisible(bool(text))

    def _count(self, words: str) -> None:
        self._button.setText(words)


def insert_at_end(editor: QPlainTextEdit, text: str) -> None:
    bar = editor.verticalScrollBar()
    follow = _at_end(editor)
    cursor = QTextCursor(editor.document())
    cursor.movePosition(QTextCursor.MoveOperation.End)
    cursor.insertText(text)
    if follow:
        bar.setValue(bar.maximum())


def _at_end(editor: QPlainTextEdit) -> bool:
    bar = editor.verticalScrollBar()
    return bar.value() >= bar.maximum() - 1


def _reader(parent: QWidget) -> QPlainTextEdit:
    made = QPlainTextEdit(parent)
    made.setReadOnly(True)
    made.setAcceptDrops(False)
    made.setUndoRedoEnabled(False)
    made.setTabChangesFocus(True)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    made.document().setDocumentMargin(0)
    return made
