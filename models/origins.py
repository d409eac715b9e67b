"""Where model files came from, so that they can be had again: kept by the sha256 of their content."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from models.atomic import write_atomically


class FromHub(msgspec.Struct, frozen=True, kw_only=True, tag="hub", tag_field="kind"):
    """Downloaded: exactly this revision of this file."""

    endpoint: str
    repo: str
    file: str
    commit: str

    @property
    def address(self) -> str:
        return f"{self.endpoint}/{self.repo}/resolve/{self.commit}/{self.file}"


class MadeHere(msgspec.Struct, frozen=True, kw_only=True, tag="made", tag_field="kind"):
    """Quantized on this machine; `requantized` where the source had lost precision already."""

    source: str
    source_sha256: str
    quantization: str
    llama_cpp: str
    requantized: bool


Origin = FromHub | MadeHere


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
