"""Why a reply failed, with the worker's last words folded under it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from engine.contract import Reply
from gui.theme import Theme
from gui.widgets.buttons import FoldButton
from gui.widgets.labels import label


class FailureNote(QFrame):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("banner", "error")
        self.sentence = label("", wrap=True, selectable=True, parent=self)
        self._fold = FoldButton(theme, "Last lines of the log", "the last lines of the log", self)
        self._log = QPlainTextEdit(self)
        self._log.setReadOnly(True)
        self._log.setAcceptDrops(False)
        self._log.setTabChangesFocus(True)
        self._log.setAccessibleName("Last lines of the worker's log")
        self._log.setProperty("look", "aside")
        self._log.setMaximumHeight(theme.lines(10))
        self._log.hide()
        self._fold.toggled.connect(self._log.setVisible)
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space.s, space.s, space.s, space.s)
        column.setSpacing(space.xs)
        column.addWidget(self.sentence)
        column.addWidget(self._fold)
        column.addWidget(self._log)
        self.hide()

    def show_reply(self, reply: Reply | None) -> None:
        if reply is None:
            self.hide()
            return
        self.sentence.setText(reply.error or "The reply failed.")
        self._log.setPlainText("\n".join(reply.log))
        self._fold.setVisible(bool(reply.log))
        self._log.setVisible(bool(reply.log) and self._fold.isChecked())
        self.show()
