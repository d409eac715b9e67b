"""What is being made, how far it is, and a way to call it off."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from gui.theme import Theme
from gui.widgets.labels import label


class MakingBar(QWidget):
    cancel_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = label("", parent=self)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName("Progress of the quantizations")
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.clicked.connect(self.cancel_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.m)
        row.addWidget(self.sentence)
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel)
        self.hide()

    def show_running(self, running: bool) -> None:
        self.setVisible(running)
        self.cancel.setEnabled(running)
        self.show_progress("Getting ready to quantize", 0.0)

    def show_progress(self, sentence: str, fraction: float) -> None:
        self.sentence.setText(sentence)
        self.progress.setValue(round(1000 * fraction))
