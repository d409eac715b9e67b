"""The models on this machine, wherever they lie."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
import send2trash  # type: ignore[import-untyped]  # it has no types

from engine.client import Stopped
from engine.errors import UnsupportedModel
from models.fingerprint import Fingerprints
from models.library import Contents, Library, LibraryError, Root, app_roots
from models.library.entry import Details, read_details
from models.library.places import find_places
from models.origins import FromHub, Origins
from tests.models import ggufs


def model(name: str, seed: int = 0) -> bytes:
    """A small model whose content differs by its name and seed."""
    return ggufs.small_model(
        ggufs.string("general.name", name),
        ggufs.string("general.license", "mit"),
        ggufs.u32("general.file_type", 7),
        ggufs.u32("test.seed", seed),
        ggufs.u32("llama.block_count", 1),
    )


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


class Bench:
    """A library with its folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = folder / "own"
        self.fingerprints = Fingerprints(folder / "state" / "fingerprints")
        self.origins = Origins(folder / "state" / "origins")
        self.roots: list[Root] = []
        self.bundled: list[Path] = []

    @property
    def library(self) -> Library:
        """A new one each time, as after a restart."""
        return Library(
            self.own,
            self.roots,
            self.folder / "state",
            self.fingerprints,
            self.origins,
            lambda: self.bundled,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def names(contents: Contents) -> list[str]:
    return [entry.name for entry in contents.entries]


def test_own_and_added_folders_and_files_are_listed(bench: Bench, tmp_path: Path) -> None:
    put(bench.own / "owner" / "m" / "a.gguf", model("A"))
    put(tmp_path / "added" / "below" / "b.gguf", model("B"))
    single = put(tmp_path / "c.gguf", model("C"))
    bench.library.add_folder(tmp_path / "added")
    bench.library.add_file(single)
    contents = bench.library.scan()
    assert names(contents) == ["a", "b", "c"]
    entry = contents.entries[0]
    assert entry.details.title == "A"
    assert entry.details.licence == "mit"
    assert entry.details.mix == {"F32": 1.0}
    assert (entry.model.quantization, entry.model.architecture) == ("Q8_0", "llama")
    assert [each.owned for each in contents.entries] == [True, False, False]


def test_what_is_no_model_is_listed_with_its_reason(bench: Bench) -> None:
    put(bench.own / "page.gguf", b"<html>")
    put(bench.own / "mmproj-x.gguf", model("never looked at"))
    put(bench.own / "x.words.imatrix.gguf", model("never looked at"))
    put(bench.own / "half.gguf.part", b"GGUF")
    put(bench.own / "notes.txt", b"")
    contents = bench.library.scan()
    assert contents.entries == ()
    assert [each.place.path.name for each in contents.broken] == ["page.gguf"]
    assert "the download failed" in contents.broken[0].sentence


def test_a_split_model_is_one_entry(bench: Bench) -> None:
    for number in (1, 2, 3):
        put(bench.own / f"big-{number:05}-of-00003.gguf", ggufs.part(number, 3))
    contents = bench.library.scan()
    assert names(contents) == ["big-00001-of-00003"]
    assert contents.entries[0].model.parameters == 64 * 6


def test_one_content_under_two_names_is_one_entry_at_once_where_it_is_one_file(
    bench: Bench, tmp_path: Path
) -> None:
    first = put(bench.own / "a.gguf", model("A"))
    (tmp_path / "other").mkdir()
    os.link(first, tmp_path / "other" / "b.gguf")
    bench.roots.append(Root("LM Studio", tmp_path / "other"))
    (entry,) = bench.library.scan().entries
    assert [(place.app, place.path.name) for place in entry.places] == [
        ("Steelyard", "a.gguf"),
        ("LM Studio", "b.gguf"),
    ]


def test_one_content_in_two_files_is_one_entry_once_it_was_compared(
    bench: Bench, tmp_path: Path
) -> None:
    first = put(bench.own / "a.gguf", model("A"))
    put(tmp_path / "jan" / "models" / "x" / "model.gguf", model("A"))
    put(tmp_path / "jan" / "models" / "y" / "model.gguf", model("A", seed=1))
    bench.roots.append(Root("Jan", tmp_path / "jan"))
    contents = bench.library.scan()
    assert len(contents.entries) == 3
    seen: list[float] = []
    compared = bench.library.compare_contents(contents, seen.append)
    assert [len(entry.places) for entry in compared.entries] == [2, 1]
    figure = hashlib.sha256(first.read_bytes()).hexdigest()
    assert compared.entries[0].sha256 == compared.entries[0].model.sha256 == figure
    assert seen[-1] == 1.0
    assert bench.library.scan() == compared


def test_where_a_file_came_from_is_shown(bench: Bench) -> None:
    path = put(bench.own / "a.gguf", model("A"))
    origin = FromHub(endpoint="https://hub", repo="o/m", file="a.gguf", commit="c" * 40)
    bench.origins.remember(bench.fingerprints.of(path), origin)
    assert bench.library.scan().entries[0].origin == origin


def test_the_last_scan_is_remembered_without_looking_at_the_disk(bench: Bench) -> None:
    path = put(bench.own / "a.gguf", model("A"))
    put(bench.own / "page.gguf", b"<html>")
    assert bench.library.remembered() == Contents((), ())
    scanned = bench.library.scan()
    path.unlink()
    assert bench.library.remembered() == scanned
    assert names(bench.library.scan()) == []


def test_headers_are_read_again_of_changed_files_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bench.own / "a.gguf", model("A"))
    changed = put(bench.own / "b.gguf", model("B"))
    bench.library.scan()
    put(changed, model("Better"))
    read: list[str] = []

    def note(path: Path) -> Details:
        read.append(path.name)
        return read_details(path)

    monkeypatch.setattr("models.library.library.read_details", note)
    assert [entry.details.title for entry in bench.library.scan().entries] == ["A", "Better"]
    assert read == ["b.gguf"]


def test_an_index_of_another_version_is_not_trusted(bench: Bench) -> None:
    put(bench.own / "a.gguf", model("A"))
    bench.library.scan()
    (bench.folder / "state" / "library.index").write_bytes(b"\x81\xa7version\x63")
    assert bench.library.remembered() == Contents((), ())
    assert names(bench.library.scan()) == ["a"]


def test_a_scan_can_be_stopped(bench: Bench) -> None:
    put(bench.own / "a.gguf", model("A"))
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Stopped):
        bench.library.scan(stopping)


# --- Other programs -----------------------------------------------------------------------------


def test_ollama_names_its_blobs_in_manifests(bench: Bench, tmp_path: Path) -> None:
    content = model("Llama")
    digest = hashlib.sha256(content).hexdigest()
    root = tmp_path / "ollama"
    put(root / "blobs" / f"sha256-{digest}", content)
    manifest = {
        "layers": [
            {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "0" * 64},
            {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"},
        ]
    }
    library = root / "manifests" / "registry.ollama.ai"
    put(library / "library" / "llama3.2" / "1b", json.dumps(manifest).encode())
    put(library / "someone" / "fine" / "latest", json.dumps(manifest).encode())
    bench.roots.append(Root("Ollama", root))
    (entry,) = bench.library.scan().entries
    assert [place.name for place in entry.places] == ["llama3.2:1b"]
    assert entry.model.path == str(root / "blobs" / f"sha256-{digest}")


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"not json",
        b"[]",
        b'{"layers": 7}',
        b'{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "../../x"}]}',
        b'{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:'
        + b"z" * 64
        + b'"}]}',
    ],
)
def test_a_manifest_that_means_harm_names_nothing(tmp_path: Path, manifest: bytes) -> None:
    put(tmp_path / "manifests" / "registry" / "library" / "m" / "latest", manifest)
    assert list(find_places([Root("Ollama", tmp_path)])) == []


def test_the_hubs_cache_names_repository_and_file(bench: Bench, tmp_path: Path) -> None:
    repo = tmp_path / "hub" / "models--owner--my-model"
    blob = put(repo / "blobs" / ("a" * 64), model("M"))
    for commit in ("1" * 40, "2" * 40):
        (repo / "snapshots" / commit).mkdir(parents=True)
        (repo / "snapshots" / commit / "m-Q8_0.gguf").symlink_to(blob)
    bench.roots.append(Root("Hugging Face", tmp_path / "hub"))
    (entry,) = bench.library.scan().entries
    assert entry.name == "owner/my-model/m-Q8_0.gguf"
    assert len(entry.places) == 2
    origin = entry.model.origin
    assert origin is not None
    assert (origin.repo, origin.file) == ("owner/my-model", "m-Q8_0.gguf")
    assert origin.commit in {"1" * 40, "2" * 40}


def test_a_loop_of_folders_and_a_broken_link_are_passed_over(bench: Bench) -> None:
    put(bench.own / "a.gguf", model("A"))
    (bench.own / "loop").symlink_to(bench.own)
    (bench.own / "gone.gguf").symlink_to(bench.own / "nowhere")
    assert names(bench.library.scan()) == ["a"]


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        (
            "linux",
            {},
            {
                "LM Studio": "/home/u/.lmstudio/models",
                "Ollama": "/home/u/.ollama/models",
                "Jan": "/home/u/.local/share/Jan/data",
                "GPT4All": "/home/u/.local/share/nomic.ai/GPT4All",
                "Hugging Face": "/home/u/.cache/huggingface/hub",
                "llama.cpp": "/home/u/.cache/llama.cpp",
            },
        ),
        (
            "darwin",
            {},
            {
                "Jan": "/home/u/Library/Application Support/Jan/data",
                "GPT4All": "/home/u/Library/Application Support/nomic.ai/GPT4All",
                "llama.cpp": "/home/u/Library/Caches/llama.cpp",
            },
        ),
        (
            "win32",
            {"LOCALAPPDATA": "/local", "APPDATA": "/roaming"},
            {"GPT4All": "/local/nomic.ai/GPT4All", "llama.cpp": "/local/llama.cpp"},
        ),
        (
            "linux",
            {"HF_HOME": "/hf", "OLLAMA_MODELS": "/ollama", "LLAMA_CACHE": "/cache"},
            {"Hugging Face": "/hf/hub", "Ollama": "/ollama", "llama.cpp": "/cache"},
        ),
        ("linux", {"HF_HUB_CACHE": "/hub", "HF_HOME": "/hf"}, {"Hugging Face": "/hub"}),
    ],
)
def test_each_program_is_looked_for_where_it_keeps_models(
    platform: str, environment: dict[str, str], expected: dict[str, str]
) -> None:
    roots = app_roots(Path("/home/u"), environment, platform)
    for app, path in expected.items():
        assert Path(path) in [root.path for root in roots if root.app == app]


# --- Removing -----------------------------------------------------------------------------------


@pytest.fixture
def binned(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was moved to the bin; a test has none of its own."""
    moved: list[Path] = []

    def move(path: Path) -> None:
        moved.append(path)
        path.unlink()

    monkeypatch.setattr(send2trash, "send2trash", move)
    return moved


def test_our_own_file_goes_to_the_bin_with_all_its_parts(bench: Bench, binned: list[Path]) -> None:
    for number in (1, 2, 3):
        put(bench.own / f"big-{number:05}-of-00003.gguf", ggufs.part(number, 3))
    (entry,) = bench.library.scan().entries
    bench.library.remove(entry)
    assert len(binned) == 3
    assert bench.library.scan().entries == ()


def test_a_file_of_another_program_only_leaves_the_list(
    bench: Bench, tmp_path: Path, binned: list[Path]
) -> None:
    path = put(tmp_path / "studio" / "a.gguf", model("A"))
    bench.roots.append(Root("LM Studio", tmp_path / "studio"))
    (entry,) = bench.library.scan().entries
    bench.library.remove(entry)
    assert binned == []
    assert path.exists()
    assert bench.library.scan().entries == ()
    assert bench.library.remembered().entries == ()
    bench.library.add_file(path)
    assert names(bench.library.scan()) == ["a"]


def test_a_link_in_our_folder_never_takes_a_foreign_file_along(
    bench: Bench, tmp_path: Path, binned: list[Path]
) -> None:
    foreign = put(tmp_path / "foreign.gguf", model("A"))
    bench.own.mkdir()
    (bench.own / "a.gguf").symlink_to(foreign)
    (entry,) = bench.library.scan().entries
    with pytest.raises(LibraryError, match="is not removed"):
        bench.library.remove(entry)
    assert foreign.exists()


def test_a_bin_that_refuses_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bench.own / "a.gguf", model("A"))
    (entry,) = bench.library.scan().entries

    def refuse(path: Path) -> None:
        raise OSError("no bin on this disk")

    monkeypatch.setattr(send2trash, "send2trash", refuse)
    with pytest.raises(LibraryError, match="could not be moved to the bin: no bin on this disk"):
        bench.library.remove(entry)
    assert names(bench.library.scan()) == ["a"]


# --- Choices ------------------------------------------------------------------------------------


def test_a_file_that_is_no_model_is_not_added(bench: Bench, tmp_path: Path) -> None:
    path = put(tmp_path / "v.gguf", ggufs.gguf([ggufs.string("general.architecture", "llama")]))
    with pytest.raises(UnsupportedModel):
        bench.library.add_file(path)
    assert not (bench.folder / "state" / "library.json").exists()


def test_an_added_folder_can_be_left_out_again(bench: Bench, tmp_path: Path) -> None:
    put(tmp_path / "added" / "a.gguf", model("A"))
    bench.library.add_folder(tmp_path / "added")
    bench.library.add_folder(tmp_path / "added")
    assert names(bench.library.scan()) == ["a"]
    bench.library.remove_folder(tmp_path / "added")
    assert bench.library.scan().entries == ()


def test_a_folder_that_was_never_added_is_said_so(bench: Bench, tmp_path: Path) -> None:
    bench.library.add_folder(tmp_path / "added")
    with pytest.raises(LibraryError, match=r"never is not one of the added folders \(.*added\)"):
        bench.library.remove_folder(tmp_path / "never")
    assert bench.library.added_folders() == (tmp_path / "added",)


def test_what_came_with_the_program_is_listed_and_not_ours_to_remove(
    bench: Bench, tmp_path: Path
) -> None:
    path = put(tmp_path / "bundled" / "demo.gguf", model("Demo"))
    bench.bundled.append(path)
    (entry,) = bench.library.scan().entries
    assert (entry.name, entry.places[0].app, entry.owned) == ("demo", "built in", False)
    bench.library.remove(entry)
    assert path.exists()
    assert bench.library.scan().entries == ()


def test_two_libraries_change_one_list_without_losing_anything(
    bench: Bench, tmp_path: Path
) -> None:
    folders = [tmp_path / f"folder{number}" for number in range(20)]

    def add(some: list[Path]) -> None:
        for folder in some:
            bench.library.add_folder(folder)

    threads = [threading.Thread(target=add, args=(folders[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = json.loads((bench.folder / "state" / "library.json").read_text())
    assert sorted(kept["folders"]) == sorted(map(str, folders))


def test_a_library_of_2000_files_opens_in_a_third_of_a_second(bench: Bench) -> None:
    content = model("M")
    for number in range(2000):
        path = put(bench.own / f"repo{number % 50}" / f"m{number}.gguf", content)
        if number % 2:
            bench.fingerprints.remember(path, f"{number:064x}")
    begun = time.process_time()
    scanned = bench.library.scan()
    first_s = time.process_time() - begun
    begun = time.process_time()
    remembered = bench.library.remembered()
    open_s = time.process_time() - begun
    begun = time.process_time()
    bench.library.scan()
    again_s = time.process_time() - begun
    assert remembered == scanned
    assert len(scanned.entries) == 2000
    assert open_s < 0.3
    assert again_s < 0.6
    assert first_s < 5
    shutil.rmtree(bench.own)
