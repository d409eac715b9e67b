"""Where model files came from, so that they can be had again: kept by the sha256 of their content."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from engine import contract
from models.atomic import write_atomically
from models.hub.settings import DEFAULT_ENDPOINT

_SNAPSHOT: Final = re.compile(
    r"/models--([\w.-]+?)--([\w.-]+)/snapshots/([0-9a-f]{40})/(.+)", re.ASCII
)


class FromHub(msgspec.Struct, frozen=True, kw_only=True, tag="hub", tag_field="kind"):
    """Downloaded: exactly this revision of this file."""

    endpoint: str
    repo: str
    file: str
    commit: str

    def named(self, sha256: str | None) -> contract.Origin:
        """As a session names it."""
        return contract.Origin(
            endpoint=self.endpoint,
            repo=self.repo,
            file=self.file,
            commit=self.commit,
            sha256=sha256,
        )


class MatrixUsed(msgspec.Struct, frozen=True, kw_only=True):
    """An importance matrix that a file was quantized with; text: what it was made of, if it says so."""

    file: str
    sha256: str
    text: str | None


class MadeHere(msgspec.Struct, frozen=True, kw_only=True, tag="made", tag_field="kind"):
    """Quantized on this machine; `requantized` where the source had lost precision already."""

    source: str
    source_sha256: str
    quantization: str
    llama_cpp: str
    requantized: bool
    imatrix: MatrixUsed | None = None


Origin = FromHub | MadeHere


def had_again(origin: contract.Origin) -> str:
    """How a file that is no longer here is had again: just this revision of it."""
    address = f"{origin.endpoint}/{origin.repo}/resolve/{origin.commit}/{quote(origin.file)}"
    return f"It came from {origin.repo}: `models get {address}` brings the same file back."


class Origins:
    """The origins known under a folder, each in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, sha256: str) -> Origin | None:
        try:
            return msgspec.json.decode(self._path(sha256).read_bytes(), type=FromHub | MadeHere)
        except (OSError, msgspec.DecodeError):
            return None

    def remember(self, sha256: str, origin: Origin) -> None:
        # Without room for it the file is still good; only where it came from is forgotten.
        with contextlib.suppress(OSError):
            write_atomically(self._path(sha256), msgspec.json.encode(origin))

    def _path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.json"


def cached_origin(path: Path) -> FromHub | None:
    """The origin of a file in the hub's cache, as its folders name it; they do not name the hub."""
    match = _SNAPSHOT.search(path.as_posix())
    if match is None:
        return None
    owner, name, commit, file = match.groups()
    return FromHub(endpoint=DEFAULT_ENDPOINT, repo=f"{owner}/{name}", file=file, commit=commit)
