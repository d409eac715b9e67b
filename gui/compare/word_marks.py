"""Marks in each column the words that the first column's reply does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from gui.marked_words import mark_words
from gui.theme import Theme
from gui.word_diff import foreign_spans, in_utf16

if TYPE_CHECKING:
    from gui.compare.column import Column
    from gui.compare.columns import Columns


class WordMarks(QObject):
    """Compares what is on show, rendered or raw, and only replies that are whole."""

    def __init__(self, theme: Theme, columns: Columns) -> None:
        super().__init__(columns)
        self._theme = theme
        self._columns = columns
        self.on = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._mark)
        columns.text_shown.connect(self.refresh)
        theme.changed.connect(self.refresh)

    def toggle(self) -> None:
        self.on = not self.on
        self._mark()

    def refresh(self) -> None:
        """Mark again once all that is being shown now is there."""
        if self.on:
            self._soon.start(0)

    def _mark(self) -> None:
        columns = self._columns.columns
        for column in columns:
            for area in column.reply.areas:
                area.setExtraSelections([])
        if not self.on or not columns or not _is_whole(columns[0]):
            return
        reference = columns[0].reply.area.toPlainText()
        for column in columns[1:]:
            if _is_whole(column):
                area = column.reply.area
                text = area.toPlainText()
                spans = in_utf16(text, foreign_spans(reference, text))
                mark_words(self._theme, area, spans)


def _is_whole(column: Column) -> bool:
    reply = column.view.reply
    return reply is not None and bool(reply.text)
