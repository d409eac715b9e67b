"""One source of energy figures: whether it is used, how exact it is, or why not and what to do."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from engine.energy.wording import source_details, source_state
from engine.energy.zones import SourceStatus
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.labels import Badge, Mood, label

_MOODS: Final[dict[str, Mood]] = {"used": "good", "usable": "busy", "not usable": "quiet"}
_MOST_LINES: Final = 14


class SourceRow(QFrame):
    def __init__(self, theme: Theme, source: SourceStatus, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.source = source
        state = source_state(source)
        badge = Badge(self)
        badge.show_state(state, _MOODS[state])
        head = QHBoxLayout()
        head.setSpacing(theme.space.s)
        head.addWidget(label(source.source, "strong", parent=self))
        head.addWidget(badge)
        head.addStretch(1)
        details = label(source_details(source), "muted", wrap=True, selectable=True, parent=self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, theme.space.s, 0, theme.space.s)
        self._column.setSpacing(theme.space.xs)
        self._column.addLayout(head)
        self._column.addWidget(details)
        self.copy: TextButton | None = None
        if source.remedy and "\n" in source.remedy:
            self._offer(source.remedy)
        elif source.remedy:
            self._column.addWidget(label(source.remedy, "muted", wrap=True, parent=self))

    def _offer(self, remedy: str) -> None:
        """Lines to be copied into a terminal."""
        shown = QPlainTextEdit(remedy.rstrip(), self)
        shown.setProperty("look", "aside")
        shown.setReadOnly(True)
        shown.setAccessibleName(f"What makes {self.source.source} usable")
        shown.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        shown.ensurePolished()
        lines = min(remedy.count("\n") + 1, _MOST_LINES)
        shown.setFixedHeight(shown.fontMetrics().lineSpacing() * lines + 2 * self._theme.space.m)
        name = f"Copy what makes {self.source.source} usable"
        self.copy = TextButton(self._theme, "copy", "Copy", name, parent=self)
        self.copy.clicked.connect(self._copy)
        self._column.addWidget(shown)
        self._column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.source.remedy or "")
