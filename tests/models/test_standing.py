"""What is here of a repository, and which files have newer ones there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from models.fingerprint import Fingerprints
from models.hub.client import Repository
from models.hub.errors import NotOnHub
from models.hub.listing import HubFile, listing_of
from models.library import Contents, Library
from models.library.standing import Standing, newer_files, standings
from models.origins import FromHub, Origins
from tests.models import ggufs

OLD = ggufs.small_model(ggufs.u32("llama.block_count", 1))
NEW = ggufs.small_model(ggufs.u32("llama.block_count", 2))
REPO = "owner/m"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def there(content: bytes, name: str = "m-Q8_0.gguf", commit: str = "d" * 40) -> Repository:
    file = HubFile(name=name, size_bytes=len(content), sha256=sha256(content))
    return Repository(
        repo=REPO,
        commit=commit,
        gated=False,
        licence=None,
        changed=None,
        listing=listing_of([file]),
    )


class Bench:
    def __init__(self, folder: Path) -> None:
        self.own = folder / "own"
        self.fingerprints = Fingerprints(folder / "fingerprints")
        self.origins = Origins(folder / "origins")
        self.library = Library(self.own, (), folder / "state", self.fingerprints, self.origins)

    def put(self, path: Path, content: bytes, *, downloaded: bool = True) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if downloaded:
            self.origins.remember(
                sha256(content),
                FromHub(endpoint="https://hub", repo=REPO, file="m-Q8_0.gguf", commit="c" * 40),
            )
        return path

    def contents(self) -> Contents:
        return self.library.compare_contents(self.library.scan())

    def standing(self, repository: Repository) -> Standing | None:
        entries = self.contents().entries
        return standings(repository, entries, self.own, self.fingerprints).get("m-Q8_0")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


Place = Callable[[Path], Path]
ANYWHERE = [
    pytest.param(lambda folder: folder / "own" / "owner" / "m" / "m-Q8_0.gguf", id="its place"),
    pytest.param(lambda folder: folder / "own" / "renamed.gguf", id="another name"),
    pytest.param(lambda folder: folder / "elsewhere" / "x.gguf", id="an added folder"),
]


@pytest.mark.parametrize("place", ANYWHERE)
def test_the_same_content_is_here_wherever_it_lies(
    bench: Bench, tmp_path: Path, place: Place
) -> None:
    bench.library.add_folder(tmp_path / "elsewhere")
    bench.put(place(tmp_path), NEW, downloaded=False)
    assert bench.standing(there(NEW)) == "here"


@pytest.mark.parametrize("place", ANYWHERE)
def test_an_earlier_content_is_recognised_wherever_it_lies(
    bench: Bench, tmp_path: Path, place: Place
) -> None:
    bench.library.add_folder(tmp_path / "elsewhere")
    bench.put(place(tmp_path), OLD)
    assert bench.standing(there(NEW)) == "newer"


def test_a_model_of_another_origin_says_nothing_of_this_one(bench: Bench, tmp_path: Path) -> None:
    bench.put(tmp_path / "own" / "other.gguf", OLD, downloaded=False)
    assert bench.standing(there(NEW)) is None


def test_the_hubs_cache_is_recognised_before_it_is_hashed(bench: Bench, tmp_path: Path) -> None:
    snapshots = tmp_path / "own" / "models--owner--m" / "snapshots"
    bench.put(snapshots / ("d" * 40) / "m-Q8_0.gguf", NEW, downloaded=False)
    entries = bench.library.scan().entries
    assert entries[0].sha256 is None
    found = standings(there(NEW), entries, bench.own, bench.fingerprints)
    assert found == {"m-Q8_0": "here"}


def test_each_repository_is_asked_once_for_what_came_from_it(bench: Bench) -> None:
    path = bench.put(bench.own / "a.gguf", OLD)
    bench.put(bench.own / "made.gguf", NEW, downloaded=False)
    asked: list[str] = []

    def ask(repo: str) -> Repository:
        asked.append(repo)
        return there(NEW)

    assert newer_files(bench.contents().entries, ask).models == (path,)
    assert asked == [REPO]


def test_what_is_the_same_there_is_not_newer(bench: Bench) -> None:
    bench.put(bench.own / "a.gguf", OLD)
    assert newer_files(bench.contents().entries, lambda repo: there(OLD)).models == ()


def test_a_repository_that_is_gone_is_told(bench: Bench) -> None:
    bench.put(bench.own / "a.gguf", OLD)

    def ask(repo: str) -> Repository:
        raise NotOnHub(f"{repo} is gone.")

    found = newer_files(bench.contents().entries, ask)
    assert (found.models, found.faults) == ((), (f"{REPO} is gone.",))
