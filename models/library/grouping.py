"""The same content in several places is one entry: by inode at once, by sha256 once that is known."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from models.fingerprint import Fingerprints
from models.library.entry import Entry
from models.library.index import Known
from models.library.places import Place
from models.origins import Origins, cached_origin


class Found(msgspec.Struct, frozen=True):
    place: Place
    known: Known


def group(
    found: Iterable[Found], fingerprints: Fingerprints, origins: Origins
) -> tuple[Entry, ...]:
    """Entries in the order in which their first place was found."""
    by_inode: dict[tuple[int, int], list[Found]] = {}
    for each in found:
        if each.known.details is not None:
            by_inode.setdefault((each.known.device, each.known.inode), []).append(each)
    groups: dict[object, list[Found]] = {}
    figures: dict[object, str | None] = {}
    for inode, members in by_inode.items():
        figure = fingerprints.recall(
            members[0].place.path, members[0].known.size_bytes, members[0].known.mtime_ns
        )
        # A split model's first part may be the same file in two different models.
        details = members[0].known.details
        key = (figure, details.model.size_bytes) if figure and details else inode
        groups.setdefault(key, []).extend(members)
        figures[key] = figure
    return tuple(_entry(members, figures[key], origins) for key, members in groups.items())


def _entry(members: list[Found], figure: str | None, origins: Origins) -> Entry:
    details = members[0].known.details
    assert details is not None
    places = tuple(dict.fromkeys(member.place for member in members))
    cached = (cached_origin(place.path) for place in places)
    return Entry(
        places=places,
        details=details,
        sha256=figure,
        origin=(origins.of(figure) if figure else None) or next(filter(None, cached), None),
    )
