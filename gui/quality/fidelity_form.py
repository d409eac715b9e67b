"""The settings of a fidelity run: which text, how much of it, how exact."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QPlainTextEdit, QVBoxLayout, QWidget

from gui.quality.fidelity_model import FidelitySettings
from gui.quality.texts import PastedText, PythonReference, TextFile, TextSource
from gui.theme import Theme
from gui.widgets.buttons import TextButton
from gui.widgets.fields import ChoiceField, NumberField, RealField, add_row, form
from gui.widgets.labels import ElidedLabel, label

_PYTHON, _FILE, _PASTED = "python", "file", "pasted"
_SOURCES: Final = {
    _PYTHON: "Python reference (English)",
    _FILE: "A text file",
    _PASTED: "Pasted text",
}


class FidelityForm(QWidget):
    """Shows the settings; every change is told with the changed ones."""

    edited = Signal(object)

    def __init__(
        self, theme: Theme, settings: FidelitySettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._path = ""
        self.source = ChoiceField(_SOURCES, _PYTHON)
        self.file = TextButton(theme, "export", "Choose file…", "Choose a text file", parent=self)
        self.file_name = ElidedLabel("", "small-muted", self)
        self.pasted = QPlainTextEdit(self)
        self.n_ctx = NumberField(settings.n_ctx, 32, 1 << 20, step=128)
        self.chunks = NumberField(settings.max_chunks, 1, 1 << 20, nothing="the whole text", step=4)
        self.until = RealField(settings.until or 0.0, 0.0, 1.0, step=0.001)
        self.noise_floor = QCheckBox("Measure the noise floor", self)
        self._lay_out(theme)
        self._show_source()
        self._listen()

    def set_locked(self, locked: bool) -> None:
        for widget in (
            self.source,
            self.file,
            self.pasted,
            self.n_ctx,
            self.chunks,
            self.until,
            self.noise_floor,
        ):
            widget.setEnabled(not locked)

    def choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Choose a text", "", "Texts (*.txt *.md *.rst *.csv *.json);;All files (*)"
        )
        if name:
            self._path = name
            self._edit()

    def _lay_out(self, theme: Theme) -> None:
        self.pasted.setPlaceholderText("Paste a few pages of the kind of text your work is about.")
        self.pasted.setAccessibleName("Text to measure on")
        self.pasted.setTabChangesFocus(True)
        self.pasted.setProperty("look", "entry")
        self.pasted.setFixedHeight(theme.lines(7))
        self.until.setSpecialValueText("run to the end")
        self.until.setDecimals(4)
        self.noise_floor.setChecked(self._settings.noise_floor)
        self.noise_floor.setAccessibleName("Measure the noise floor")
        self.noise_floor.setToolTip(
            "Compares the reference with itself in another batch size: what rounding alone does. "
            "Differences no larger are called none."
        )
        rows = form(theme)
        add_row(
            rows,
            "Context",
            self.n_ctx,
            "Tokens in a chunk; the second half of each is scored. 512 is what is usually published.",
        )
        add_row(rows, "Chunks", self.chunks, "More chunks make the ± smaller and take longer.")
        add_row(
            rows,
            "End at ±",
            self.until,
            "End early once every mean KLD is known to this ±, for example 0.005. 0 runs to the end.",
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space.s)
        self.source.setAccessibleName("Text")
        column.addWidget(label("Text", "small-muted", parent=self))
        column.addWidget(self.source)
        column.addWidget(self.file)
        column.addWidget(self.file_name)
        column.addWidget(self.pasted)
        column.addLayout(rows)
        column.addWidget(self.noise_floor)
        column.addStretch(1)

    def _listen(self) -> None:
        self.source.currentIndexChanged.connect(self._edit)
        self.file.clicked.connect(self.choose_file)
        self.pasted.textChanged.connect(self._edit)
        self.n_ctx.valueChanged.connect(self._edit)
        self.chunks.valueChanged.connect(self._edit)
        self.until.valueChanged.connect(self._edit)
        self.noise_floor.toggled.connect(self._edit)

    def _source(self) -> TextSource:
        if self.source.choice == _FILE:
            return TextFile(self._path)
        if self.source.choice == _PASTED:
            return PastedText(self.pasted.toPlainText())
        return PythonReference()

    def _edit(self, _value: object = None) -> None:
        self._settings = msgspec.structs.replace(
            self._settings,
            source=self._source(),
            n_ctx=self.n_ctx.number or self._settings.n_ctx,
            max_chunks=self.chunks.number,
            until=self.until.number or None,
            noise_floor=self.noise_floor.isChecked(),
        )
        self._show_source()
        self.edited.emit(self._settings)

    def _show_source(self) -> None:
        chosen = self.source.choice
        self.file.setVisible(chosen == _FILE)
        self.file_name.setVisible(chosen == _FILE and bool(self._path))
        self.file_name.setText(Path(self._path).name)
        self.file_name.setToolTip(self._path)
        self.pasted.setVisible(chosen == _PASTED)
