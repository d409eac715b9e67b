"""Which files of a hub are on this machine, in the state that the hub has now or in an earlier one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from engine.errors import SteelyardError
from models.fingerprint import Fingerprints
from models.hub.address import safe_path
from models.hub.errors import BadAddress
from models.library.entry import Entry
from models.origins import FromHub

if TYPE_CHECKING:  # the client is for those who ask the hub
    from models.hub.client import Repository
    from models.hub.listing import Choice

Standing = Literal["here", "newer"]
"""Just this content is here, or another one that came from the same name on the hub."""


class Newer(msgspec.Struct, frozen=True, kw_only=True):
    """What a look for newer files found: for these models there are some; of these it is not known."""

    models: tuple[Path, ...]
    faults: tuple[str, ...]


def standings(
    repository: Repository, entries: Sequence[Entry], folder: Path, fingerprints: Fingerprints
) -> dict[str, Standing]:
    """By label; choices of which nothing is here are left out.

    folder: where downloads go, for files that are no models of their own or that no scan has seen yet.
    """
    found: dict[str, Standing] = {}
    for choice in repository.listing.choices:
        standing = _in_library(repository, choice, entries) or _in_folder(
            repository.repo, choice, folder, fingerprints
        )
        if standing is not None:
            found[choice.label] = standing
    return found


def newer_files(entries: Iterable[Entry], ask: Callable[[str], Repository]) -> Newer:
    """Which of these have another content on the hub now, under the name that they came from.

    ask: gives a repository as it is now, or raises SteelyardError.
    """
    wanted: dict[str, list[tuple[Entry, FromHub]]] = {}
    for entry in entries:
        if isinstance(entry.origin, FromHub) and entry.sha256 is not None:
            wanted.setdefault(entry.origin.repo, []).append((entry, entry.origin))
    models: list[Path] = []
    faults: list[str] = []
    for repo, members in wanted.items():
        try:
            there = ask(repo)
        except SteelyardError as fault:
            faults.append(str(fault))
            continue
        models += [
            entry.places[0].path
            for entry, origin in members
            if there.newer_than(origin.file, entry.sha256 or "") is not None
        ]
    return Newer(models=tuple(models), faults=tuple(faults))


def _in_library(
    repository: Repository, choice: Choice, entries: Sequence[Entry]
) -> Standing | None:
    first = choice.files[0]
    for entry in entries:
        same = entry.model.size_bytes == choice.size_bytes
        if same and entry.sha256 and entry.sha256 == first.sha256:
            return "here"
    named = (repository.repo, first.name)
    origins = [entry.model.origin for entry in entries]
    had = [each for each in origins if each and (each.repo, each.file) == named]
    if any(each.commit == repository.commit for each in had):
        return "here"
    return "newer" if any(each.sha256 is not None for each in had) else None


def _in_folder(
    repo: str, choice: Choice, folder: Path, fingerprints: Fingerprints
) -> Standing | None:
    try:
        targets = [safe_path(folder, repo, file.name) for file in choice.files]
    except BadAddress:
        return None  # downloading it will say what is wrong with its name
    if not all(target.exists() for target in targets):
        return None
    same = all(
        target.stat().st_size == file.size_bytes
        and (file.sha256 is None or fingerprints.known(target) in {None, file.sha256})
        for file, target in zip(choice.files, targets, strict=True)
    )
    return "here" if same else "newer"
