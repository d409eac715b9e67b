"""The dialogs of the Help menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.icons import pixmap
from gui.theme import Theme
from gui.widgets.labels import label
from gui.widgets.rows import RowsView

LICENCES: Final = (
    ("Steelyard", "Apache-2.0"),
    ("Qt and PySide6", "LGPL-3.0; its libraries can be replaced"),
    ("llama.cpp and llama-cpp-python", "MIT"),
    ("SQLAlchemy, Alembic, Rich, Typer, platformdirs", "MIT"),
    ("msgspec, NumPy, psutil, Jinja2", "BSD-3-Clause"),
    ("huggingface-hub", "Apache-2.0"),
    ("SmolLM2-135M-Instruct, the demo's model", "Apache-2.0"),
)


def shortcuts_dialog(
    theme: Theme, shortcuts: Sequence[tuple[str, str]], parent: QWidget
) -> QDialog:
    more = [
        ("Go to a column", "Ctrl+1 to Ctrl+9"),
        ("In the row of models: settings", "Enter"),
        ("In the row of models: reorder", "Alt+Left, Alt+Right"),
        ("In the row of models: remove", "Delete"),
    ]
    dialog, column = _dialog(theme, "Keyboard shortcuts", parent)
    column.addWidget(label("Keyboard shortcuts", "title", parent=dialog))
    column.addWidget(RowsView(theme, [*shortcuts, *more], dialog))
    column.addLayout(_closing(dialog))
    return dialog


def about_dialog(theme: Theme, version: str, parent: QWidget) -> QDialog:
    dialog, column = _dialog(theme, "About Steelyard", parent)
    head = QHBoxLayout()
    head.setSpacing(theme.space.m)
    picture = QLabel(dialog)
    side = theme.lines(3)
    picture.setPixmap(pixmap("steelyard", theme.colours.accent, side, dialog.devicePixelRatioF()))
    head.addWidget(picture)
    names = QVBoxLayout()
    names.addWidget(label(f"Steelyard {version}", "title", parent=dialog))
    names.addWidget(
        label("Weighs local language models against each other.", "muted", parent=dialog)
    )
    head.addLayout(names, 1)
    column.addLayout(head)
    text = "Everything runs on this machine. Nothing is sent anywhere unless you ask for just that."
    column.addWidget(label(text, wrap=True, parent=dialog))
    column.addWidget(label("Licences", "strong", parent=dialog))
    column.addWidget(RowsView(theme, LICENCES, dialog))
    column.addLayout(_closing(dialog))
    return dialog


def _dialog(theme: Theme, title: str, parent: QWidget) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setMinimumWidth(theme.characters(64))
    column = QVBoxLayout(dialog)
    space = theme.space
    column.setContentsMargins(space.xl, space.xl, space.xl, space.l)
    column.setSpacing(space.m)
    return dialog, column


def _closing(dialog: QDialog) -> QHBoxLayout:
    close = QPushButton("Close", dialog)
    close.setDefault(True)
    close.clicked.connect(dialog.accept)
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(close)
    return row
