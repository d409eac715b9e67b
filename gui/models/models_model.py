"""The Models page without its widgets: what is on this machine, and what is chosen of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from engine.client import Stopped
from engine.contract import ModelFile, Runtime
from engine.errors import SteelyardError
from gui.collaborators import Progress
from gui.jobs import Cancelled, Jobs
from gui.models.fit_model import FitModel
from gui.models.folder_watcher import FolderWatcher
from gui.models.library_columns import Unusable, path_of
from gui.models.library_model import LibraryModel
from gui.models.making_model import MakingModel
from gui.models.shelf import Anatomy, Shelf

if TYPE_CHECKING:
    from gui.models.fit_words import FitResult
    from gui.models.library_columns import Item
    from models.library import Contents, Entry
    from storage.uses import Use


class RecordedUses(Protocol):
    def uses(self, machine: str) -> tuple[Use, ...]: ...


class ModelsModel(QObject):
    """Nothing is read before `open`, and no host is contacted by anything here."""

    contents_changed = Signal()
    chosen = Signal()
    """What is chosen, or what is known of it, has changed."""
    scanning_changed = Signal()
    folders_known = Signal(object)
    """The added folders, as `ask_folders` wanted them."""
    hashing_progressed = Signal(str, float)
    """1.0 when nothing is left to compute."""
    availability_changed = Signal()
    """What can be done with what is chosen, or why not, may have changed."""
    noticed = Signal(str)
    failed = Signal(str)

    def __init__(self, jobs: Jobs, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shelf = shelf
        self.library = LibraryModel(self)
        self.watcher = FolderWatcher(jobs, shelf, self)
        self.fit = FitModel(jobs, shelf, self)
        self.making = MakingModel(jobs, shelf.workshop, self)
        self.selection: tuple[Item, ...] = ()
        self.anatomy: Anatomy | None = None
        self.scanning = False
        self.opened = False
        self._history: RecordedUses | None = None
        self._hashing = False
        self._stopping = threading.Event()
        self.fit.judged.connect(self._show_fits)
        self.watcher.changed.connect(self.rescan)
        self.making.made.connect(self._rescan_after)
        self.making.changed.connect(self.availability_changed)
        self.chosen.connect(self.availability_changed)
        self.making.failed.connect(self.failed)
        self.making.noticed.connect(self.noticed)

    @property
    def own_folder(self) -> Path:
        return self._shelf.own_folder

    def open(self) -> None:
        """Show what the last scan found, then look again."""
        if not self.opened:
            self.opened = True
            self._jobs.start("library", self._shelf.remembered, self._take, self._fail)
            self.rescan()
            self.watcher.begin()

    def use(self, history: RecordedUses) -> None:
        """Tell from these sessions when each model was used, and how fast it was."""
        self._history = history
        self.reload_uses()

    def reload_uses(self) -> None:
        if self._history is not None:
            work = partial(_uses, self._history)
            self._jobs.start("history", work, self._take_uses, self._fail)

    def show_newer(self, paths: tuple[Path, ...]) -> None:
        """Mark those models of which the hub has a newer file."""
        self.library.show_newer(frozenset(paths))
        self.chosen.emit()

    def rescan(self) -> None:
        if self.opened:
            self.scanning = True
            self.scanning_changed.emit()
            self._jobs.start("library", self._scan, self._take_scan, self._fail_scan)

    def add_files(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self._change(partial(self._shelf.add_file, path))

    def add_folder(self, folder: Path) -> None:
        self._change(partial(self._shelf.add_folder, folder))

    def remove_folder(self, folder: Path) -> None:
        """Stop looking into it; nothing in it is touched."""
        self._change(partial(self._shelf.remove_folder, folder))

    def ask_folders(self) -> None:
        self._jobs.start("library", self._shelf.added_folders, self.folders_known.emit, self._fail)

    def remove_chosen(self) -> None:
        """Our own files go to the system's bin, others only from the list."""
        for entry in self.entries:
            self._change(partial(self._shelf.remove, entry))

    def change_runtime(self, runtime: Runtime) -> None:
        """Judge everything in other settings, what is chosen first."""
        self.fit.change(runtime, self.only_path)

    def choose(self, items: Iterable[Item]) -> None:
        selection = tuple(items)
        if selection == self.selection:
            return
        self.selection, self.anatomy = selection, None
        if len(selection) == 1 and not isinstance(selection[0], Unusable):
            path = path_of(selection[0])
            work = partial(self._shelf.anatomy, path)
            self._jobs.start("library", work, partial(self._take_anatomy, path), self._fail)
        self.chosen.emit()

    def close(self) -> None:
        """Let a scan and quantizations end at their next step."""
        self._stopping.set()
        self.watcher.close()
        self.making.close()

    # What is chosen ----------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The usable ones of what is chosen."""
        return tuple(item for item in self.selection if not isinstance(item, Unusable))

    @property
    def models(self) -> tuple[ModelFile, ...]:
        return tuple(entry.model for entry in self.entries)

    @property
    def only_path(self) -> Path | None:
        return path_of(self.entries[0]) if len(self.entries) == 1 else None

    def why_not_compare(self) -> str:
        return "" if self.entries else "Choose a model first."

    def why_not_quantize(self) -> str:
        if self.only_path is None:
            return "Choose one model first."
        return self.making.why_not_make()

    def why_not_remove(self) -> str:
        return "" if self.entries else "Choose a model first."

    # -------------------------------------------------------------------------------------------

    def _change(self, work: Callable[[], None]) -> None:
        self._jobs.start("library", work, self._rescan_after, self._fail)

    def _rescan_after(self, _: object) -> None:
        self.rescan()

    def _scan(self) -> Contents:
        try:
            return self._shelf.scan(self._stopping)
        except Stopped:
            raise Cancelled("The search for models was called off.") from None

    def _take(self, contents: Contents) -> None:
        before = {path_of(item) for item in self.selection}
        unusable = (
            Unusable(each.place.path, each.place.app, each.sentence) for each in contents.broken
        )
        items: list[Item] = [*contents.entries, *unusable]
        self.library.show_items(items)
        self.selection = tuple(item for item in items if path_of(item) in before)
        self.contents_changed.emit()
        self.chosen.emit()
        self.fit.judge([path_of(entry) for entry in contents.entries], self.only_path)

    def _take_scan(self, contents: Contents) -> None:
        self.scanning = False
        self._take(contents)
        self.scanning_changed.emit()
        if not self._hashing and any(entry.sha256 is None for entry in contents.entries):
            self._hashing = True
            report = self._jobs.progress(self.hashing_progressed.emit)
            work = partial(self._compare_contents, contents, report)
            self._jobs.start("hashes", work, self._take_compared, self._end_hashing)

    def _compare_contents(self, contents: Contents, report: Progress) -> Contents:
        try:
            return self._shelf.compare_contents(
                contents, partial(report, "Computing checksums"), self._stopping
            )
        except Stopped:
            raise Cancelled("Computing checksums was called off.") from None

    def _take_compared(self, contents: Contents) -> None:
        self._hashing = False
        self.hashing_progressed.emit("", 1.0)
        self._take(contents)

    def _end_hashing(self, _: SteelyardError) -> None:
        """Called off, or the list could not be written: the next scan takes it up again."""
        self._hashing = False
        self.hashing_progressed.emit("", 1.0)

    def _take_uses(self, uses: tuple[Use, ...]) -> None:
        self.library.show_uses(uses)
        self.chosen.emit()

    def _take_anatomy(self, path: Path, anatomy: Anatomy) -> None:
        if path == self.only_path:
            self.anatomy = anatomy
            self.chosen.emit()

    def _show_fits(self, fits: dict[Path, FitResult]) -> None:
        self.library.show_fits(fits)
        if self.only_path in fits:
            self.chosen.emit()

    def _fail_scan(self, fault: SteelyardError) -> None:
        self.scanning = False
        self.scanning_changed.emit()
        self._fail(fault)

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(str(fault))


def _uses(history: RecordedUses) -> tuple[Use, ...]:
    from engine.machine import processor_name

    return history.uses(processor_name())
