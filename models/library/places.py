"""Which model files lie under a root. Not trusted: names and manifests are only read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from models.gguf.files import part_number
from models.library.roots import App, Root

MAX_MANIFEST_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 12
_OLLAMA_MODEL: Final = "application/vnd.ollama.image.model"
_DIGEST: Final = re.compile(r"sha256[:-]([0-9a-f]{64})")


class Place(msgspec.Struct, frozen=True):
    """A file where it lies. `name` is what its program calls it, None where that is the file's name."""

    path: Path
    app: App
    name: str | None = None


class _Layer(msgspec.Struct):
    media_type: str = msgspec.field(name="mediaType")
    digest: str


class _Manifest(msgspec.Struct):
    layers: list[_Layer]


def find_places(roots: Iterable[Root], files: Iterable[Path] = ()) -> Iterator[Place]:
    """Models under the roots, and these single files; of a split model the first part.

    Folders that are missing or may not be read have none.
    """
    for root in roots:
        if root.app == "Ollama":
            yield from _ollama(root.path)
        else:
            yield from _gguf_files(root)
    for path in files:
        yield Place(path, "added")


def folders_of(root: Root) -> Iterator[Path]:
    """The folders under a root in which files are looked for."""
    for folder, _ in _walk(root):
        yield folder


def _walk(root: Root) -> Iterator[tuple[Path, list[str]]]:
    depth_of_root = len(root.path.parts)
    for name, folders, names in os.walk(root.path):
        folder = Path(name)
        folders.sort()
        if len(folder.parts) - depth_of_root >= MAX_DEPTH:
            folders.clear()
        yield folder, sorted(names)


def _gguf_files(root: Root) -> Iterator[Place]:
    for folder, names in _walk(root):
        for name in names:
            part = part_number(name)
            if _is_model(name) and (part is None or part[0] == 1):
                path = Path(folder, name)
                yield Place(path, root.app, _hub_name(path) if root.app == "Hugging Face" else None)


def _is_model(name: str) -> bool:
    lower = name.lower()
    other = "mmproj" in lower or ".imatrix." in lower
    return lower.endswith(".gguf") and not name.startswith(".") and not other


def _hub_name(path: Path) -> str | None:
    """owner/model/file for a file of the hub's cache, whose folders are models--owner--model."""
    for folder in path.parents:
        if folder.name.startswith("models--"):
            repo = folder.name.removeprefix("models--").replace("--", "/")
            return f"{repo}/{path.name}"
    return None


def _ollama(root: Path) -> Iterator[Place]:
    manifests = root / "manifests"
    for folder, folders, names in os.walk(manifests):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            digest = _model_digest(path)
            if digest is not None:
                blob = root / "blobs" / f"sha256-{digest}"
                yield Place(blob, "Ollama", _ollama_name(path.relative_to(manifests)))


def _model_digest(manifest: Path) -> str | None:
    try:
        with manifest.open("rb") as file:
            layers = msgspec.json.decode(file.read(MAX_MANIFEST_BYTES), type=_Manifest).layers
    except (OSError, msgspec.DecodeError):
        return None
    for layer in layers:
        match = _DIGEST.fullmatch(layer.digest)
        if layer.media_type == _OLLAMA_MODEL and match:
            return match[1]
    return None


def _ollama_name(path: Path) -> str:
    """llama3.2:1b for registry.ollama.ai/library/llama3.2/1b."""
    *registry, model, tag = path.parts if len(path.parts) > 1 else ("", *path.parts)
    kept = [part for part in registry[1:] if part != "library"]
    return "/".join([*kept, f"{model}:{tag}"])
