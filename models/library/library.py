"""Every model on this machine: our own, the user's folders, and what other programs have."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

from engine.client import Stopped
from engine.errors import ModelFileError
from models.fingerprint import Fingerprints
from models.gguf import read_model
from models.library.choices import ChoiceFile, LibraryError
from models.library.entry import Broken, Entry, read_details
from models.library.grouping import Found, group
from models.library.index import Index, Known, load_index, save_index
from models.library.places import Place, find_places, folders_of
from models.library.roots import Root
from models.origins import Origins

NEVER = threading.Event()
MOST_FOLDERS: Final = 2_000  # systems watch some thousands for a user


class Contents(msgspec.Struct, frozen=True):
    """What the library shows: models, and files that are none with the reason."""

    entries: tuple[Entry, ...]
    broken: tuple[Broken, ...]


class Watched(msgspec.Struct, frozen=True):
    """The folders in which models may appear, and a figure that changes with the files in them."""

    folders: tuple[Path, ...]
    state: int


class Library:
    """Its methods read files and may take seconds, so they run in a background thread; one at a time.

    own: the folder that downloads and quantizations go to. others: the roots of other programs.
    bundled: gives files that came with Steelyard.
    """

    def __init__(
        self,
        own: Path,
        others: Iterable[Root],
        state: Path,
        fingerprints: Fingerprints,
        origins: Origins,
        bundled: Callable[[], Iterable[Path]] = tuple,
    ) -> None:
        self._own = own
        self._bundled = bundled
        self._others = tuple(others)
        self._choices = ChoiceFile(state / "library.json")
        self._index_path = state / "library.index"
        self._fingerprints = fingerprints
        self._origins = origins

    def remembered(self) -> Contents:
        """What the last scan found, without looking at the disk: for the first moment."""
        index = load_index(self._index_path)
        found = [
            Found(place, known)
            for place in self._places_of(index)
            if (known := index.files.get(str(place.path)))
        ]
        return self._contents(found)

    def scan(self, stopping: threading.Event = NEVER) -> Contents:
        """What is there now. Headers are read of new and changed files only; raises Stopped."""
        old, new = load_index(self._index_path), Index()
        found = []
        for place in self._places():
            if stopping.is_set():
                raise Stopped
            key = str(place.path)
            known = new.files.get(key) or _look(place.path, old.files.get(key))
            if known is not None:
                new.files[key] = known
                new.places.append((key, place.app, place.name))
                found.append(Found(place, known))
        save_index(self._index_path, new)
        return self._contents(found)

    def compare_contents(
        self,
        contents: Contents,
        on_progress: Callable[[float], None] = lambda fraction: None,
        stopping: threading.Event = NEVER,
    ) -> Contents:
        """Compute the sha256 of what is not known yet, so that the same content is one entry.

        Raises Stopped; what was computed until then is kept.
        """
        paths = [entry.places[0].path for entry in contents.entries if entry.sha256 is None]
        for number, path in enumerate(paths):
            try:
                self._fingerprints.of(
                    path,
                    on_progress=lambda part, done=number: on_progress((done + part) / len(paths)),  # type: ignore[misc]
                    cancelled=stopping.is_set,
                )
            except ModelFileError:
                continue  # it vanished or changed; the next scan will tell
        return self.remembered()

    def watched(self) -> Watched:
        """Of our own and the added folders; looks at names, sizes and times only."""
        roots = [
            Root("Steelyard", self._own),
            *(Root("added", folder) for folder in self.added_folders()),
        ]
        folders = [folder for root in roots for folder in folders_of(root)]
        states = [(str(place.path), *_state(place.path)) for place in find_places(roots)]
        return Watched(tuple(folders[:MOST_FOLDERS]), hash(tuple(states)))

    def add_folder(self, folder: Path) -> None:
        with self._choices.change() as choices:
            _append(choices.folders, folder)

    def add_file(self, path: Path) -> None:
        """Raises ModelFileError where it is no model."""
        read_details(path)
        with self._choices.change() as choices:
            _append(choices.files, path)
            _discard(choices.hidden, path)

    def added_folders(self) -> tuple[Path, ...]:
        return tuple(Path(folder) for folder in self._choices.read().folders)

    def remove_folder(self, folder: Path) -> None:
        """Stop looking into an added folder; nothing in it is touched.

        Raises LibraryError for one that was never added.
        """
        with self._choices.change() as choices:
            if str(folder) not in choices.folders:
                added = ", ".join(choices.folders) or "none"
                raise LibraryError(
                    f"{folder} is not one of the added folders ({added}). Name one of those, or a model."
                )
            _discard(choices.folders, folder)

    def remove(self, entry: Entry) -> None:
        """Move our own files of it to the system's bin; hide it where it is not ours."""
        for place in entry.places:
            if place.app == "Steelyard":
                self._to_the_bin(place.path)
        with self._choices.change() as choices:
            for place in entry.places:
                _discard(choices.files, place.path)
                if place.app != "Steelyard":
                    _append(choices.hidden, place.path)

    def _to_the_bin(self, path: Path) -> None:
        from send2trash import send2trash  # type: ignore[import-untyped]  # it has no types

        try:
            parts = read_model(path).paths
        except ModelFileError:
            parts = (path,)
        for part in parts:
            if not part.resolve().is_relative_to(self._own.resolve()):
                raise LibraryError(f"{part} does not lie in {self._own}, so it is not removed.")
            try:
                send2trash(part)
            except OSError as error:
                raise LibraryError(
                    f"{part} could not be moved to the bin: {error.strerror or error}. Remove it in your "
                    "file manager."
                ) from error

    def _places(self) -> list[Place]:
        choices = self._choices.read()
        hidden = set(choices.hidden)
        roots = [
            Root("Steelyard", self._own),
            *(Root("added", Path(folder)) for folder in choices.folders),
            *self._others,
        ]
        files = (Path(path) for path in choices.files)
        # A folder may be found through two roots; the first one counts.
        found = [
            *find_places(roots, files),
            *(Place(path, "built in") for path in self._bundled()),
        ]
        places = {str(place.path): place for place in reversed(found)}
        return [place for path, place in reversed(places.items()) if path not in hidden]

    def _places_of(self, index: Index) -> list[Place]:
        hidden = set(self._choices.read().hidden)
        return [
            Place(Path(path), app, name) for path, app, name in index.places if path not in hidden
        ]

    def _contents(self, found: list[Found]) -> Contents:
        broken = tuple(
            Broken(each.place, each.known.sentence) for each in found if each.known.sentence
        )
        return Contents(group(found, self._fingerprints, self._origins), broken)


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _look(path: Path, known: Known | None) -> Known | None:
    """What the file is, from the index where it has not changed; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    if known is not None and known.is_of(status):
        return known
    details, sentence = None, None
    try:
        details = read_details(path)
    except ModelFileError as error:
        sentence = str(error)
    return Known(
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        device=status.st_dev,
        inode=status.st_ino,
        details=details,
        sentence=sentence,
    )


def _append(paths: list[str], path: Path) -> None:
    if str(path) not in paths:
        paths.append(str(path))


def _discard(paths: list[str], path: Path) -> None:
    if str(path) in paths:
        paths.remove(str(path))
