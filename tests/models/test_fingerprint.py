"""The sha256 of model files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.client import Stopped
from engine.errors import MissingFile, UnreadableFile
from models.fingerprint import CHUNK_BYTES, Fingerprints
from tests.models.conftest import Write

CONTENT = bytes(range(256)) * (CHUNK_BYTES // 100)


@pytest.fixture
def fingerprints(tmp_path: Path) -> Fingerprints:
    return Fingerprints(tmp_path / "cache")


def test_the_figure_is_the_sha256_and_progress_reaches_the_end(
    fingerprints: Fingerprints, write: Write
) -> None:
    seen: list[float] = []
    figure = fingerprints.of(write("a.gguf", CONTENT), on_progress=seen.append)
    assert figure == hashlib.sha256(CONTENT).hexdigest()
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_known_file_is_not_read_again(fingerprints: Fingerprints, write: Write) -> None:
    path = write("a.gguf", CONTENT)
    assert fingerprints.known(path) is None
    figure = fingerprints.of(path)
    seen: list[float] = []
    assert fingerprints.of(path, on_progress=seen.append) == figure
    assert seen == []


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_changed_file_is_read_again(
    fingerprints: Fingerprints, write: Write, change: str
) -> None:
    path = write("a.gguf", CONTENT)
    fingerprints.of(path)
    status = path.stat()
    path.write_bytes(b"new" if change == "size" else CONTENT[::-1])
    if change == "time":
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert fingerprints.of(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_cancelled_reading_leaves_nothing(
    fingerprints: Fingerprints, write: Write, tmp_path: Path
) -> None:
    path = write("a.gguf", CONTENT)
    with pytest.raises(Stopped):
        fingerprints.of(path, cancelled=lambda: True)
    assert fingerprints.known(path) is None
    assert not (tmp_path / "cache").exists()


def test_a_file_that_grows_meanwhile_gets_no_figure(
    fingerprints: Fingerprints, write: Write
) -> None:
    path = write("a.gguf", CONTENT)

    def grow(fraction: float) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(UnreadableFile, match="changed while it was read"):
        fingerprints.of(path, on_progress=grow)


def test_a_damaged_entry_is_computed_anew(
    fingerprints: Fingerprints, write: Write, tmp_path: Path
) -> None:
    path = write("a.gguf", CONTENT)
    figure = fingerprints.of(path)
    for entry in (tmp_path / "cache").iterdir():
        entry.write_bytes(b"\xff not json")
    assert fingerprints.of(path) == figure


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    write: Write, tmp_path: Path
) -> None:
    path = write("a.gguf", CONTENT)
    assert len(Fingerprints(write("file", b"") / "cache").of(path)) == 64


def test_a_file_that_is_not_there_is_missing(fingerprints: Fingerprints, tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        fingerprints.of(tmp_path / "nowhere.gguf")


def test_two_processes_share_one_cache(write: Write, tmp_path: Path) -> None:
    paths = [write(f"{number}.gguf", CONTENT + bytes([number])) for number in range(8)]
    code = (
        "import sys; from pathlib import Path; from models.fingerprint import Fingerprints\n"
        "cache = Fingerprints(Path(sys.argv[1]))\n"
        "for path in sys.argv[2:]: cache.of(Path(path))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "cache")]
    processes = [subprocess.Popen([*command, *map(str, order)]) for order in (paths, paths[::-1])]
    assert [process.wait(60) for process in processes] == [0, 0]
    cache = Fingerprints(tmp_path / "cache")
    for path in paths:
        assert cache.known(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_hashing_is_as_fast_as_hashlib_alone(fingerprints: Fingerprints, small_model: Path) -> None:
    start = time.process_time()
    with small_model.open("rb") as file:
        expected = hashlib.file_digest(file, "sha256").hexdigest()
    alone_s = time.process_time() - start
    start = time.process_time()
    assert fingerprints.of(small_model) == expected
    assert time.process_time() - start < alone_s / 0.8
