"""Model files that the user names: chosen in a dialog, or dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog, QWidget

_FILTER: Final = "GGUF models (*.gguf);;All files (*)"


def choose_models(parent: QWidget) -> list[Path]:
    """None where the user gave up."""
    names, _ = QFileDialog.getOpenFileNames(parent, "Add models", "", _FILTER)
    return [Path(name) for name in names]


def choose_model(parent: QWidget, title: str) -> Path | None:
    name, _ = QFileDialog.getOpenFileName(parent, title, "", _FILTER)
    return Path(name) if name else None


def local_files(dropped: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in dropped.urls() if url.isLocalFile()]
