"""Choosing an importance matrix: a file of one, or a text that one is made of first."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from gui.figures import count
from gui.models.making_workshop import MatrixChoice, MatrixFile, TextToRead
from gui.theme import Theme
from gui.widgets.labels import label

_WHAT_FOR: Final = (
    "It tells which weights matter most for a text, and they are kept best: most types gain by one, the "
    "smallest need one. Take a text that is like your work."
)
_MATRICES: Final = "Importance matrices (*.gguf *.dat *.imatrix);;All files (*)"
_TEXTS: Final = "Texts (*.txt *.md *.csv *.jsonl);;All files (*)"
_MOST_CHUNKS: Final = 100_000
_CHUNKS: Final = 100


class MatrixPicker(QWidget):
    """`choice` is what was chosen, a file only once it was looked at and `take` gave it."""

    changed = Signal()
    file_picked = Signal(object)
    """The Path of a file that is to be looked at."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matrix: MatrixFile | None = None
        self._text: Path | None = None
        self._looking_at: Path | None = None
        self.sentence = label("", wrap=True, parent=self)
        self.file = QPushButton("Choose a file…", self)
        self.text = QPushButton("Make one of a text…", self)
        self.none = QPushButton("Use none", self)
        self.chunks = QSpinBox(self)
        self.chunks.setRange(0, _MOST_CHUNKS)
        self.chunks.setSpecialValueText("All of it")
        self.chunks.setPrefix("First ")
        self.chunks.setSuffix(" chunks")
        self.chunks.setValue(_CHUNKS)
        self.chunks.setAccessibleName("Chunks of the text to read")
        self.chunks.setToolTip(
            "A chunk is 512 tokens. Each takes as long as a prompt of that length."
        )
        for button in (self.file, self.text, self.none):
            button.setAutoDefault(False)
        self.file.clicked.connect(self.pick_file)
        self.text.clicked.connect(self.pick_text)
        self.none.clicked.connect(self.clear)
        self._lay_out(theme)
        self._show()

    @property
    def choice(self) -> MatrixChoice:
        if self._text is not None:
            return TextToRead(path=self._text, max_chunks=self.chunks.value() or None)
        return self._matrix

    def pick_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Importance matrix", "", _MATRICES)
        if name:
            self._choose(None, None)
            self._looking_at = Path(name)
            self.sentence.setText(f"Looking at {self._looking_at.name}…")
            self.file_picked.emit(self._looking_at)

    def pick_text(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Text for an importance matrix", "", _TEXTS)
        if name:
            self._choose(None, Path(name))

    def clear(self) -> None:
        self._choose(None, None)

    def take(self, matrix: MatrixFile) -> None:
        """What a picked file is; too late where something else was chosen since."""
        if matrix.path == self._looking_at:
            self._choose(matrix, None)

    def refuse(self, path: Path, sentence: str) -> None:
        """Why a picked file cannot be used."""
        if path == self._looking_at:
            self._choose(None, None)
            self.sentence.setText(sentence)

    def _choose(self, matrix: MatrixFile | None, text: Path | None) -> None:
        self._matrix, self._text, self._looking_at = matrix, text, None
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.none.setVisible(self.choice is not None)
        self.chunks.setVisible(self._text is not None)
        if self._text is not None:
            self.sentence.setText(f"One is made of {self._text.name} first, with this model.")
        elif self._matrix is not None:
            self.sentence.setText(_words(self._matrix))
        else:
            self.sentence.setText("None is used.")

    def _lay_out(self, theme: Theme) -> None:
        space = theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.xs)
        column.addWidget(label("Importance matrix", "strong", parent=self))
        column.addWidget(label(_WHAT_FOR, "small-muted", wrap=True, parent=self))
        column.addWidget(self.sentence)
        row = QHBoxLayout()
        row.setSpacing(space.s)
        for widget in (self.file, self.text, self.chunks, self.none):
            row.addWidget(widget)
        row.addStretch(1)
        column.addLayout(row)


def _words(matrix: MatrixFile) -> str:
    of = f", made of {matrix.text}" if matrix.text else ""
    chunks = f" ({count(matrix.chunks, 'chunk')} of it)" if matrix.chunks and of else ""
    return f"{matrix.path.name} is used{of}{chunks}."
