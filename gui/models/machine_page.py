"""On this machine: the table of models, their details beside it, and what is being made below."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from engine.contract import DeviceInfo
from gui.figures import size
from gui.models.details_pane import DetailsPane
from gui.models.fit_settings import FitSettings
from gui.models.folders_dialog import FoldersDialog
from gui.models.library_view import LibraryView
from gui.models.making_bar import MakingBar
from gui.models.making_workshop import Ladder
from gui.models.models_model import ModelsModel
from gui.models.quantize_dialog import QuantizeDialog
from gui.models.shelf import Surroundings
from gui.theme import Theme
from gui.widgets.labels import label


class MachinePage(QWidget):
    compare_wanted = Signal(object)
    """The ModelFiles that are chosen."""
    newer_wanted = Signal(object)
    """The Entries that may have newer files on the hub."""
    repository_wanted = Signal(object)
    """The Origin whose repository is to be shown."""

    def __init__(self, theme: Theme, model: ModelsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._free_bytes: int | None = None
        self.settings = FitSettings(theme, model.fit.runtime, self)
        self.machine = label("Looking at this machine…", "muted", parent=self)
        self.library = LibraryView(theme, model.library, self)
        self.details = DetailsPane(theme, self)
        self.making = MakingBar(theme, self)
        self.work = label("", "small-muted", parent=self)
        self.add_files = QPushButton("Add files…", self)
        self.add_folder = QPushButton("Add folder…", self)
        self.folders = QPushButton("Folders…", self)
        self.folders.setToolTip("The added folders, and which of them are looked into no longer")
        self.newer = QPushButton("Look for newer files", self)
        self.newer.setToolTip(
            "Ask the hub whether files that came from there have changed; nothing is replaced"
        )
        self._lay_out()
        self._connect()
        self._show_chosen()

    def take_focus(self) -> None:
        self.library.table.setFocus()

    def _lay_out(self) -> None:
        space = self._theme.space
        top = QHBoxLayout()
        top.setSpacing(space.s)
        top.addWidget(self.settings, 1)
        top.addWidget(self.machine)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, space.s, 0)
        column.setSpacing(space.s)
        column.addWidget(self.library, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(space.s)
        buttons.addWidget(self.add_files)
        buttons.addWidget(self.add_folder)
        buttons.addWidget(self.folders)
        buttons.addWidget(self.newer)
        buttons.addStretch(1)
        buttons.addWidget(self.work)
        column.addLayout(buttons)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.details)
        split.setStretchFactor(0, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(space.m)
        whole.addLayout(top)
        whole.addWidget(split, 1)
        whole.addWidget(self.making)

    def _connect(self) -> None:
        model = self._model
        model.chosen.connect(self._show_chosen)
        model.contents_changed.connect(self._mark_chosen)
        model.fit.surroundings_known.connect(self._show_surroundings)
        model.making.ladder_known.connect(self._offer)
        model.making.changed.connect(self._show_making)
        model.hashing_progressed.connect(self._show_hashing)
        model.scanning_changed.connect(self._show_scanning)
        model.making.progressed.connect(self.making.show_progress)
        self.making.cancel_wanted.connect(model.making.cancel)
        self.settings.edited.connect(model.change_runtime)
        self.library.chosen.connect(model.choose)
        self.library.compare_wanted.connect(self.compare)
        self.library.rescan_wanted.connect(model.rescan)
        self.details.compare_wanted.connect(self.compare)
        self.details.quantize_wanted.connect(self.quantize)
        self.details.remove_wanted.connect(self.ask_remove)
        self.details.repository_wanted.connect(self._show_repository)
        self.newer.clicked.connect(self.look_for_newer)
        self.folders.clicked.connect(model.ask_folders)
        model.folders_known.connect(self._show_folders)
        self.add_files.clicked.connect(self.choose_files)
        self.add_folder.clicked.connect(self.choose_folder)

    # What the model says -----------------------------------------------------------------------

    def _mark_chosen(self) -> None:
        self.library.select(self._model.selection)

    def _show_chosen(self) -> None:
        model = self._model
        only = model.selection[0] if len(model.selection) == 1 else None
        use = None if only is None else model.library.use(only)
        newer = only is not None and model.library.has_newer(only)
        self.details.show_items(model.selection, use, newer=newer)
        if only is not None:
            self.details.show_fit(model.library.fit(only), self._free_bytes, use)
        self.details.show_anatomy(model.anatomy)
        self._show_availability()

    def _show_availability(self) -> None:
        model = self._model
        self.details.show_availability(
            model.why_not_compare(), model.why_not_quantize(), model.why_not_remove()
        )

    def _show_surroundings(self, found: Surroundings) -> None:
        gpus = [device for device in found.devices if device.kind in {"gpu", "igpu"}]
        self._free_bytes = found.host_free_bytes + sum(each.free_bytes or 0 for each in gpus)
        words = [f"{size(found.host_free_bytes)} of memory free"]
        words += [_device_words(device) for device in gpus]
        if not gpus:
            words.append("GPUs not known" if "devices" in found.absent else "no GPU")
        self.machine.setText(" · ".join(words))
        self.machine.setToolTip(found.absent.get("devices", ""))
        self._show_chosen()

    def _show_scanning(self) -> None:
        self.library.rescan.setEnabled(not self._model.scanning)

    def _show_hashing(self, sentence: str, fraction: float) -> None:
        self.work.setText(f"{sentence}, {100 * fraction:.0f} %" if fraction < 1 else "")

    def _show_making(self) -> None:
        self.making.show_running(self._model.making.running)
        self._show_availability()

    def _offer(self, ladder: Ladder) -> None:
        dialog = QuantizeDialog(self._theme, ladder, self)
        making = self._model.making
        dialog.make_wanted.connect(partial(making.make, ladder.source))
        dialog.matrix.file_picked.connect(partial(making.look_at_matrix, ladder.source))
        making.matrix_known.connect(dialog.matrix.take)
        making.matrix_refused.connect(dialog.matrix.refuse)
        dialog.open()

    # What the user does ------------------------------------------------------------------------

    def quantize(self) -> None:
        path = self._model.only_path
        if path is not None:
            self._model.making.ask_ladder(path)

    def _show_folders(self, folders: tuple[Path, ...]) -> None:
        dialog = FoldersDialog(self._theme, folders, self)
        dialog.add_wanted.connect(self.choose_folder)
        dialog.remove_wanted.connect(self._model.remove_folder)
        dialog.open()

    def look_for_newer(self) -> None:
        self.newer_wanted.emit(self._model.library.entries)

    def _show_repository(self) -> None:
        origin = self._model.models[0].origin if self._model.models else None
        if origin is not None:
            self.repository_wanted.emit(origin)

    def choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Add model files", "", "Models (*.gguf)")
        self._model.add_files(Path(name) for name in names)

    def choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Add a folder of models")
        if name:
            self._model.add_folder(Path(name))

    def ask_remove(self) -> None:
        entries = self._model.entries
        if not entries:
            return
        names = "\n".join(entry.name for entry in entries[:8])
        if any(entry.owned for entry in entries):
            what = "Files in Steelyard's own folder go to the bin; all others stay where they are."
        else:
            what = "They are only taken off this list; the files stay where they are."
        answer = QMessageBox.question(self, "Remove models", f"Remove these?\n\n{names}\n\n{what}")
        if answer == QMessageBox.StandardButton.Yes:
            self._model.remove_chosen()

    def compare(self) -> None:
        if not self._model.why_not_compare():
            self.compare_wanted.emit(self._model.models)


def _device_words(device: DeviceInfo) -> str:
    free = "" if device.free_bytes is None else f", {size(device.free_bytes)} free"
    return f"{device.description or device.name}{free}"
