"""Words that one text has and another lacks, marked where a text is shown."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from gui.theme import Theme
from gui.word_diff import Span


def mark_words(theme: Theme, area: QPlainTextEdit | QTextEdit, spans: Iterable[Span]) -> None:
    """Mark these and no others; `spans` count as Qt does. Underlined as well: colour alone does not do."""
    look = QTextCharFormat()
    look.setBackground(QColor(theme.colours.accent_soft))
    look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
    look.setUnderlineColor(QColor(theme.colours.accent))
    area.setExtraSelections([_selection(area, span, look) for span in spans])


def _selection(
    area: QPlainTextEdit | QTextEdit, span: Span, look: QTextCharFormat
) -> QTextEdit.ExtraSelection:
    cursor = QTextCursor(area.document())
    cursor.setPosition(span[0])
    cursor.setPosition(span[1], QTextCursor.MoveMode.KeepAnchor)
    made = QTextEdit.ExtraSelection()
    made.cursor = cursor
    made.format = look
    return made
