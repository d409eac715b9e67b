"""What a page shows when it has nothing yet: what it is for, and the first thing to do."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from gui.icons import pixmap
from gui.theme import Theme
from gui.widgets.buttons import MainButton
from gui.widgets.labels import label

_HINT: Final = (
    "The demo makes quantizations of a small model that is already on this machine, and compares them. "
    "Nothing is sent or downloaded.\nYou can also drop GGUF files anywhere on this window."
)


class EmptyState(QWidget):
    """A picture, a sentence, and two ways to begin: one that needs nothing, one with what the user has."""

    demo_chosen = Signal()
    own_chosen = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = QLabel(self)
        title = label("Weigh models against each other", "display", parent=self)
        text = label(
            "One prompt goes to several local models. Their replies appear side by side, "
            "each with what it cost in time and memory.",
            "muted",
            wrap=True,
            parent=self,
        )
        text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.demo = MainButton(theme, "play", "Try the demo", parent=self)
        self.demo.clicked.connect(self.demo_chosen)
        self.own = MainButton(theme, "plus", "Add GGUF files…", look="", parent=self)
        self.own.clicked.connect(self.own_chosen)
        self._hint = label(
            _HINT,
            "small-muted",
            wrap=True,
            parent=self,
        )
        self._hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._progress = QProgressBar(self)
        self._progress.setAccessibleName("Progress of the demo's preparation")
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self._progress.setFixedWidth(theme.characters(48))
        self._progress.hide()
        self._lay_out(title, text)
        theme.changed.connect(self._tint)
        self._tint()

    def show_progress(self, sentence: str, fraction: float) -> None:
        self.demo.setEnabled(False)
        self._progress.show()
        self._progress.setValue(round(fraction * 1000))
        self._hint.setText(sentence)

    def end_progress(self) -> None:
        self.demo.setEnabled(True)
        self._progress.hide()
        self._hint.setText(_HINT)

    def _lay_out(self, title: QLabel, text: QLabel) -> None:
        space, centre = self._theme.space, Qt.AlignmentFlag.AlignHCenter
        buttons = QHBoxLayout()
        buttons.setSpacing(space.m)
        buttons.addStretch(1)
        buttons.addWidget(self.demo)
        buttons.addWidget(self.own)
        buttons.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(space.m)
        column.addStretch(3)
        column.addWidget(self._picture, 0, centre)
        column.addWidget(title, 0, centre)
        column.addWidget(text)
        column.addSpacing(space.m)
        column.addLayout(buttons)
        column.addSpacing(space.m)
        column.addWidget(self._progress, 0, centre)
        column.addWidget(self._hint)
        column.addStretch(4)
        # A wrapped label finds its height only where the layout, not an alignment, gives it a width.
        middle = QWidget(self)
        middle.setLayout(column)
        middle.setFixedWidth(self._theme.characters(84))
        row = QHBoxLayout(self)
        row.addWidget(middle)

    def _tint(self) -> None:
        side = self._theme.lines(6)
        colour = self._theme.colours.accent
        self._picture.setPixmap(
            pixmap("steelyard", colour, side, self.devicePixelRatioF(), stroke=1.2)
        )
