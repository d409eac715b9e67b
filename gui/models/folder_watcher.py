"""Notices models that appear, change or vanish in Steelyard's own folder and in added ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from gui.jobs import Jobs

if TYPE_CHECKING:
    from gui.models.shelf import Shelf
    from models.library import Watched

SETTLE_MS: Final = 300  # a copy makes many changes
LOOK_EVERY_MS: Final = 5_000
"""The system tells of new names at once, but not of files that grow, nor on every network drive."""


class FolderWatcher(QObject):
    """Looks in the background; `close` ends it."""

    changed = Signal()

    def __init__(self, jobs: Jobs, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shelf = shelf
        self._known: int | None = None
        self._looking = False
        self._again = False
        self._system = QFileSystemWatcher(self)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._regular = QTimer(self)
        self._regular.setInterval(LOOK_EVERY_MS)
        self._system.directoryChanged.connect(self._settling.start)
        self._settling.timeout.connect(self.look)
        self._regular.timeout.connect(self.look)

    def begin(self) -> None:
        self._regular.start()
        self.look()

    def look(self) -> None:
        """Compare with what was there at the last look; also finds folders that are new."""
        if self._looking:
            self._again = True
        else:
            self._looking, self._again = True, False
            self._jobs.start("files", self._shelf.watched, self._take, self._give_up)

    def close(self) -> None:
        self._regular.stop()
        self._settling.stop()
        self._system.directoryChanged.disconnect(self._settling.start)

    def _take(self, watched: Watched) -> None:
        self._looking = False
        here = set(self._system.directories())
        wanted = {str(folder) for folder in watched.folders}
        if here - wanted:
            self._system.removePaths(sorted(here - wanted))
        if wanted - here:
            self._system.addPaths(sorted(wanted - here))
        before, self._known = self._known, watched.state
        if before not in {None, watched.state}:
            self.changed.emit()
        if self._again:
            self.look()

    def _give_up(self, _: Exception) -> None:
        self._looking = False
