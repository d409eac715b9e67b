"""A mistake of ours becomes a dialog whose text can be copied; the program goes on."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.theme import Theme
from gui.widgets.labels import label


class CrashReporter(QObject):
    """`install` makes it the last handler of exceptions in every thread; `close` gives that back."""

    _raised = Signal(str)

    def __init__(self, theme: Theme, version: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._version = version
        self._dialog: CrashDialog | None = None
        self._window: QWidget | None = None
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self, window: QWidget) -> None:
        self._window = window
        sys.excepthook = self._take
        threading.excepthook = self._take_thread

    def close(self) -> None:
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def report(self, fault: BaseException) -> None:
        self._take(type(fault), fault, fault.__traceback__)

    def _take(
        self, kind: type[BaseException], fault: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
            return
        text = "".join(traceback.format_exception(kind, fault, trace))
        if sys.stderr is not None:
            sys.stderr.write(text)
        self._raised.emit(text)

    def _take_thread(self, given: threading.ExceptHookArgs) -> None:
        if given.exc_value is not None:
            self._take(given.exc_type, given.exc_value, given.exc_traceback)

    def _show(self, text: str) -> None:
        """One dialog for all: a fault that comes back each frame must not bury the screen."""
        if self._dialog is None:
            self._dialog = CrashDialog(self._theme, self._version, self._window)
            self._dialog.finished.connect(self._forget)
        self._dialog.add(text)
        self._dialog.show()

    def _forget(self) -> None:
        self._dialog = None


class CrashDialog(QDialog):
    def __init__(self, theme: Theme, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Something went wrong in Steelyard")
        self._text = QPlainTextEdit(
            f"Steelyard {version}, Python {sys.version.split()[0]}, {sys.platform}\n", self
        )
        self._text.setReadOnly(True)
        self._text.setProperty("look", "entry")
        self._text.setAccessibleName("Error report")
        self._text.setFont(theme.mono(theme.type.small))
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setMaximumBlockCount(2000)
        self._lay_out(theme)
        self.resize(theme.characters(96), theme.lines(24))

    def _lay_out(self, theme: Theme) -> None:
        copy = QPushButton("Copy the report", self)
        copy.clicked.connect(self._copy)
        go_on = QPushButton("Continue", self)
        go_on.setProperty("look", "primary")
        go_on.setDefault(True)
        go_on.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(go_on)
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space.l, space.l, space.l, space.l)
        column.setSpacing(space.m)
        column.addWidget(
            label("That was a mistake in Steelyard, not in your models.", "strong", parent=self)
        )
        column.addWidget(
            label(
                "You can go on working; what was recorded is kept. This report helps to mend it. "
                "It holds no prompts and no replies unless a line of it says so: read it before you send it.",
                "muted",
                wrap=True,
                parent=self,
            )
        )
        column.addWidget(self._text, 1)
        column.addLayout(buttons)

    @property
    def report(self) -> str:
        return self._text.toPlainText()

    def add(self, text: str) -> None:
        self._text.appendPlainText(text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report)
