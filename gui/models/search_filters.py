"""What narrows a search of the hub: parameters, architecture, licence, and this machine's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QCompleter, QHBoxLayout, QLineEdit, QWidget

from gui.theme import Theme
from gui.widgets.fields import ChoiceField
from gui.widgets.labels import label

if TYPE_CHECKING:
    from models.hub.client import Query

ANY: Final = ""
_STEPS: Final = ("0.5", "1", "2", "4", "8", "14", "24", "32", "72", "128")
_AT_LEAST: Final = {ANY: "from any", **{step: f"from {step} B" for step in _STEPS}}
_AT_MOST: Final = {ANY: "up to any", **{step: f"up to {step} B" for step in _STEPS}}
_LICENCES: Final = {
    ANY: "any licence",
    "apache-2.0": "Apache 2.0",
    "mit": "MIT",
    "llama3.1": "Llama 3.1",
    "llama3.2": "Llama 3.2",
    "llama3.3": "Llama 3.3",
    "gemma": "Gemma",
    "cc-by-4.0": "CC BY 4.0",
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "openrail": "OpenRAIL",
    "other": "another one",
}
# What llama.cpp names them; others can be typed.
_ARCHITECTURES: Final = (
    "deepseek2",
    "falcon-h1",
    "gemma2",
    "gemma3",
    "gemma3n",
    "glm4",
    "gpt-oss",
    "granite",
    "lfm2",
    "llama",
    "llama4",
    "mamba",
    "mistral3",
    "nemotron_h",
    "olmo2",
    "phi3",
    "qwen2",
    "qwen2moe",
    "qwen3",
    "qwen3moe",
    "qwen3next",
    "smollm3",
)


class SearchFilters(QWidget):
    edited = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.at_least = ChoiceField(_AT_LEAST, ANY, self)
        self.at_most = ChoiceField(_AT_MOST, ANY, self)
        self.architecture = QLineEdit(self)
        self.architecture.setPlaceholderText("any architecture")
        self.architecture.setMinimumHeight(self.at_least.minimumHeight())
        self.architecture.setMaximumWidth(theme.characters(24))
        self.architecture.setClearButtonEnabled(True)
        completer = QCompleter(_ARCHITECTURES, self.architecture)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.architecture.setCompleter(completer)
        self.licence = ChoiceField(_LICENCES, ANY, self)
        self.fits = QCheckBox("Fits this machine", self)
        self.fits.setToolTip(
            "Leaves out models with more parameters than fit into the memory that is free now, at Q4_K_M"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space.s)
        row.addWidget(label("Parameters", "muted", parent=self))
        for name, field in (
            ("Fewest parameters", self.at_least),
            ("Most parameters", self.at_most),
            ("Architecture", self.architecture),
            ("Licence", self.licence),
            ("Only models that fit this machine", self.fits),
        ):
            field.setAccessibleName(name)
            row.addWidget(field)
        row.addStretch(1)
        for choice in (self.at_least, self.at_most, self.licence):
            choice.currentIndexChanged.connect(self.edited)
        self.fits.toggled.connect(self.edited)
        self.architecture.editingFinished.connect(self._tell_architecture)
        self._told_architecture = ""

    @property
    def only_fitting(self) -> bool:
        return self.fits.isChecked()

    def narrow(self, query: Query) -> Query:
        """The query with what is set here."""
        return msgspec.structs.replace(
            query,
            min_parameters=_units(self.at_least.choice),
            max_parameters=_units(self.at_most.choice),
            architecture=self.architecture.text().strip() or None,
            licence=self.licence.choice or None,
        )

    def _tell_architecture(self) -> None:
        # Also emitted when the field only loses the focus.
        text = self.architecture.text().strip()
        if text != self._told_architecture:
            self._told_architecture = text
            self.edited.emit()


def _units(billions: str) -> int | None:
    return round(float(billions) * 10**9) if billions else None
