"""Where a model was had, as a session names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contract import ModelFile, Origin
from models.fingerprint import Fingerprints
from models.origins import FromHub, MadeHere, Origins, cached_origin
from models.provenance import Provenance

HUB = FromHub(endpoint="https://hub", repo="o/m", file="sub/m.gguf", commit="c" * 40)
MADE = MadeHere(
    source="a.gguf", source_sha256="d" * 64, quantization="Q8_0", llama_cpp="1", requantized=False
)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.fingerprints = Fingerprints(folder / "fingerprints")
        self.origins = Origins(folder / "origins")
        self.known = Provenance(self.fingerprints, self.origins)

    def of(self, path: Path) -> ModelFile:
        return self.known.of(ModelFile(path=str(path), file=path.name, size_bytes=1))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_downloaded_file_names_its_origin(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"1")
    sha256 = bench.fingerprints.of(path)
    bench.origins.remember(sha256, HUB)
    model = bench.of(path)
    assert model.sha256 == sha256
    assert model.origin == Origin(
        endpoint="https://hub", repo="o/m", file="sub/m.gguf", commit="c" * 40, sha256=sha256
    )


def test_nothing_is_read_for_it(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"1")
    assert bench.of(path) == ModelFile(path=str(path), file="m.gguf", size_bytes=1)
    assert bench.fingerprints.known(path) is None


def test_a_file_that_changed_since_has_no_origin(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"1")
    bench.origins.remember(bench.fingerprints.of(path), HUB)
    path.write_bytes(b"22")
    assert bench.of(path).origin is None


def test_what_was_made_here_cannot_be_had_elsewhere(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"1")
    sha256 = bench.fingerprints.of(path)
    bench.origins.remember(sha256, MADE)
    assert (bench.of(path).sha256, bench.of(path).origin) == (sha256, None)


def test_the_hubs_cache_tells_by_its_folders(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--owner--my-model" / "snapshots" / ("a" * 40)
    assert cached_origin(snapshot / "sub" / "m.gguf") == FromHub(
        endpoint="https://huggingface.co", repo="owner/my-model", file="sub/m.gguf", commit="a" * 40
    )
    assert cached_origin(snapshot.parent / "main" / "m.gguf") is None
    assert cached_origin(tmp_path / "m.gguf") is None
