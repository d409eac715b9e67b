"""Asks how and where to export, and has it done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from gui.history.export_dialog import FORMATS, ExportDialog
from gui.history.exporter import Chosen, Exporter
from gui.theme import Theme

_ENDINGS: Final = {ending for ending, _, _ in FORMATS} | {".jsonl"}


def ask_and_export(
    theme: Theme,
    exporter: Exporter,
    chosen: Chosen,
    parent: QWidget,
    done: Callable[[], None] | None = None,
) -> None:
    """done: called when the file is written."""
    dialog = ExportDialog(theme, chosen.n_sessions, parent)
    dialog.choose(chosen.usual)

    def preview() -> None:
        dialog.show_waiting()
        exporter.preview(chosen, dialog.form)

    dialog.changed.connect(preview)
    exporter.previewed.connect(dialog.preview.show_preview)
    preview()
    if dialog.exec() == QDialog.DialogCode.Accepted:
        path = _ask_where_to(chosen.name, dialog.form.ending, parent)
        if path is not None:
            exporter.export(chosen, path, dialog.form, done)
    dialog.deleteLater()


def _ask_where_to(name: str, ending: str, parent: QWidget) -> Path | None:
    """None where nobody wants to write it after all."""
    typed, _ = QFileDialog.getSaveFileName(parent, "Export", name + ending, f"*{ending}")
    if not typed:
        return None
    path = with_ending(Path(typed), ending)
    # The file dialog has asked about the name that was typed, not about this one.
    if path != Path(typed) and path.exists() and not _may_replace(path, parent):
        return None
    return path


def with_ending(path: Path, ending: str) -> Path:
    """With the ending of the format in place of another format's; all else is part of the name."""
    suffix = path.suffix.lower()
    if suffix == ending:
        return path
    return path.with_suffix(ending) if suffix in _ENDINGS else path.with_name(path.name + ending)


def _may_replace(path: Path, parent: QWidget) -> bool:
    buttons = QMessageBox.StandardButton
    words = f"{path.name} is there already. Replace it?"
    return QMessageBox.question(parent, "Replace the file?", words) == buttons.Yes
