"""Files that belong together, brought into the models' folder: all of them, or none under its name."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import filelock
import msgspec

from engine.wording import size
from models.download.partial import Partial, Wanted
from models.download.transfer import Transfer
from models.fingerprint import Fingerprints
from models.hub.address import safe_path
from models.hub.client import Repository
from models.hub.errors import Busy, DownloadError, NoRoom
from models.hub.listing import Choice
from models.hub.wires import Stopping
from models.origins import FromHub, Origins

SPARE_BYTES: Final = (
    64 * 1024 * 1024
)  # kept free, so that a full disk does not stop everything else


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What the user chose, of one revision. replaces: files of other content may be overwritten."""

    label: str
    files: tuple[Wanted, ...]
    replaces: bool = False

    @property
    def total_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def selection_of(
    endpoint: str, repository: Repository, choice: Choice, *, replaces: bool = False
) -> Selection:
    """Raises DownloadError where parts are missing on the hub."""
    if choice.missing:
        raise DownloadError(
            f"{repository.repo} lacks {choice.missing} parts of {choice.label}, so it would be of no "
            "use. Choose another quantization."
        )
    return Selection(
        label=f"{repository.repo}/{choice.label}",
        files=tuple(
            Wanted(
                endpoint=endpoint,
                repo=repository.repo,
                file=file.name,
                commit=repository.commit,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
            )
            for file in choice.files
        ),
        replaces=replaces,
    )


class Downloader:
    """Brings selections into `folder`, and remembers what came from where."""

    def __init__(
        self, folder: Path, transfer: Transfer, fingerprints: Fingerprints, origins: Origins
    ) -> None:
        self._folder = folder
        self._transfer = transfer
        self._fingerprints = fingerprints
        self._origins = origins

    def targets(self, selection: Selection) -> tuple[Path, ...]:
        """Where the files will lie; raises BadAddress for a name that could lie elsewhere."""
        return tuple(safe_path(self._folder, file.repo, file.file) for file in selection.files)

    def download(
        self,
        selection: Selection,
        stopping: Stopping,
        on_progress: Callable[[int], None] = lambda here_bytes: None,
    ) -> tuple[Path, ...]:
        """Bring all files; gives where they lie, the first part first.

        Raises Stopped and HubError; what came so far stays for the next time, not under its name.
        """
        targets = self.targets(selection)
        with _locked(targets[0]):
            try:
                return self._download(selection, targets, stopping, on_progress)
            finally:
                self._tidy(selection, targets)

    def cut(self) -> None:
        """End the connections of all downloads; those that are not stopped connect again."""
        self._transfer.cut()

    def discard(self, selection: Selection) -> None:
        """Remove what came so far of files that are not here whole."""
        targets = self.targets(selection)
        for file, target in zip(selection.files, targets, strict=True):
            Partial(target, file).discard()
        self._tidy(selection, targets)

    def here_bytes(self, selection: Selection) -> int:
        """How much of it is here."""
        here = 0
        for file, target in zip(selection.files, self.targets(selection), strict=True):
            whole = target.exists() and not selection.replaces
            here += file.size_bytes if whole else Partial(target, file).size_bytes
        return here

    def _download(
        self,
        selection: Selection,
        targets: tuple[Path, ...],
        stopping: Stopping,
        on_progress: Callable[[int], None],
    ) -> tuple[Path, ...]:
        open_files = [
            (file, target)
            for file, target in zip(selection.files, targets, strict=True)
            if not self._is_here(file, target, stopping, replaces=selection.replaces)
        ]
        done = selection.total_bytes - sum(file.size_bytes for file, _ in open_files)
        _require_room(self._folder, [(Partial(target, file), file) for file, target in open_files])
        finished: list[tuple[Partial, Wanted, Path]] = []
        for file, target in open_files:

            def tell(here_bytes: int, before: int = done) -> None:
                on_progress(before + here_bytes)

            finished.append((self._transfer.fetch(file, target, stopping, tell), file, target))
            done += file.size_bytes
        # The first part names a split model, so it gets its name last: then all of them are there.
        for partial, file, target in reversed(finished):
            self._finish(partial, file, target)
        return targets

    def _tidy(self, selection: Selection, targets: tuple[Path, ...]) -> None:
        """Leave nothing beside the files but what can be gone on with."""
        empty = [
            Partial(target, file).discard_empty()
            for file, target in zip(selection.files, targets, strict=True)
        ]
        if all(empty):
            _lock_path(targets[0]).unlink(missing_ok=True)
            for folder in targets[0].relative_to(self._folder).parents[:-1]:
                # One that holds something stays.
                with contextlib.suppress(OSError):
                    (self._folder / folder).rmdir()

    def _is_here(self, file: Wanted, target: Path, stopping: Stopping, *, replaces: bool) -> bool:
        """Whether just this file is here; raises DownloadError where another has its name."""
        if not target.exists():
            return False
        same = target.stat().st_size == file.size_bytes and (
            file.sha256 is None
            or self._fingerprints.of(target, cancelled=stopping.is_set) == file.sha256
        )
        if not same and not replaces:
            raise DownloadError(
                f"{target} is there already, with other content than {file.repo} has now. Move or "
                "remove it first, or ask for it to be replaced; it is not replaced unasked."
            )
        return same

    def _finish(self, partial: Partial, file: Wanted, target: Path) -> None:
        partial.path.replace(target)
        partial.forget_record()
        _sync_folder(target.parent)
        if file.sha256 is not None:
            self._fingerprints.remember(target, file.sha256)
            self._origins.remember(
                file.sha256,
                FromHub(endpoint=file.endpoint, repo=file.repo, file=file.file, commit=file.commit),
            )


def _require_room(folder: Path, missing: list[tuple[Partial, Wanted]]) -> None:
    needed = sum(file.size_bytes - partial.size_bytes for partial, file in missing)
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if needed and needed + SPARE_BYTES > free:
        raise NoRoom(
            f"{size(needed)} are still to come, and {size(free)} are free in {folder}, of which "
            f"{size(SPARE_BYTES)} are left for everything else. Make room, or move STEELYARD_HOME."
        )


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(_lock_path(target))
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise Busy(
            f"{target.name} is being downloaded by another Steelyard. Wait until it is done there."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _lock_path(target: Path) -> Path:
    return target.with_name(f".{target.name}.lock")


def _sync_folder(folder: Path) -> None:
    """A renamed file survives a power cut once its folder is on the disk; Windows cannot do this."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
