"""models list, add and remove, on a library of its own."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import send2trash  # type: ignore[import-untyped]  # it has no types

from cli.model_uses import recorded_uses
from cli.models_list import add_models, list_models, remove_model, this_library
from cli.usage import WrongUsage
from engine.errors import ModelFileError
from engine.machine import processor_name
from models.fingerprint import Fingerprints
from models.library import Library
from models.origins import Origins
from storage.folders import database_path
from storage.history import History
from storage.uses import Use
from storage.writing import insert_session
from tests.models import ggufs
from tests.storage.samples import ENVIRONMENT, reply, session

Capture = pytest.CaptureFixture[str]
MakeLibrary = Callable[[], Library]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


@pytest.fixture
def library(own: Path, tmp_path: Path) -> MakeLibrary:
    """Makes it anew each time, as each command does; no other program has models."""
    state = tmp_path / "state"

    def make() -> Library:
        return Library(
            own, (), state, Fingerprints(state / "fingerprints"), Origins(state / "origins")
        )

    return make


@pytest.fixture
def binned(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was moved to the bin; the files themselves are deleted."""
    gone: list[Path] = []

    def trash(path: Path) -> None:
        gone.append(Path(path))
        Path(path).unlink()

    monkeypatch.setattr(send2trash, "send2trash", trash)
    return gone


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        ggufs.small_model(
            ggufs.string("general.name", path.stem),
            ggufs.u32("general.file_type", 7),
            ggufs.u32("llama.block_count", 1),
        )
    )
    return path


def listed(library: MakeLibrary, capsys: Capture) -> dict[str, str]:
    """Names and whose they are."""
    capsys.readouterr()
    assert list_models(newer=False, as_json=True, make_library=library, uses_of=tuple) == 0
    found = json.loads(capsys.readouterr().out)
    return {each["name"]: each["places"][0]["app"] for each in found["models"]}


def test_an_empty_library_says_how_to_fill_it(library: MakeLibrary, capsys: Capture) -> None:
    assert list_models(newer=False, as_json=False, make_library=library, uses_of=tuple) == 0
    assert "models add" in capsys.readouterr().out


def test_models_are_listed_one_a_line_for_other_programs(
    library: MakeLibrary, own: Path, capsys: Capture
) -> None:
    path = put(own / "a.gguf")
    list_models(newer=False, as_json=False, make_library=library, uses_of=tuple)
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    size = str(path.stat().st_size)
    assert fields == [str(path), "a", "Q8_0", size, "Steelyard", "", "", ""]


def test_the_last_use_and_the_speed_then_stand_beside_a_model(
    library: MakeLibrary, own: Path, capsys: Capture
) -> None:
    path = put(own / "a.gguf")
    used = Use(
        path=str(path),
        sha256=None,
        last_used=datetime(2026, 11, 20, 12, tzinfo=UTC),
        generation_tokens_per_s=23.4,
        n_replies=3,
    )
    other = msgspec.structs.replace(used, path=str(own / "b.gguf"), generation_tokens_per_s=99.0)
    list_models(newer=False, as_json=False, make_library=library, uses_of=lambda: (other, used))
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields[5:] == ["23.4 tok/s", "2026-11-20", ""]


def test_the_bundled_model_is_listed(home: Path, capsys: Capture) -> None:
    assert list_models(newer=False, as_json=True, make_library=this_library, uses_of=tuple) == 0
    apps = [
        place["app"]
        for each in json.loads(capsys.readouterr().out)["models"]
        for place in each["places"]
    ]
    assert "built in" in apps


def test_the_speeds_come_from_the_recorded_sessions(home: Path) -> None:
    assert recorded_uses() == ()
    assert not database_path().exists()
    cpu = msgspec.structs.replace(ENVIRONMENT, cpu=processor_name())
    with History.open(database_path()) as history, history._database.write() as connection:
        made = reply()
        timing = msgspec.structs.replace(made.timing, generated_tokens=40)
        long = msgspec.structs.replace(made, timing=timing)
        done = msgspec.structs.replace(session(None, long), environment=cpu)
        insert_session(connection, done, None)
    first, _ = recorded_uses()
    assert first.generation_tokens_per_s == 51.4


def test_what_is_no_model_is_told_beside_the_list(
    library: MakeLibrary, own: Path, capsys: Capture
) -> None:
    put(own / "a.gguf")
    (own / "novel.gguf").write_text("It was a dark and stormy night.", encoding="utf-8")
    list_models(newer=False, as_json=False, make_library=library, uses_of=tuple)
    captured = capsys.readouterr()
    assert "novel.gguf" in captured.err
    assert "novel.gguf" not in captured.out
    list_models(newer=False, as_json=True, make_library=library, uses_of=tuple)
    (broken,) = json.loads(capsys.readouterr().out)["broken"]
    assert broken["path"] == str(own / "novel.gguf")
    assert broken["reason"]


def test_added_files_and_folders_are_listed_until_they_are_removed(
    library: MakeLibrary, tmp_path: Path, capsys: Capture
) -> None:
    single, inside = put(tmp_path / "single.gguf"), put(tmp_path / "folder" / "inside.gguf")
    assert add_models(single, make_library=library) == 0
    assert add_models(inside.parent, make_library=library) == 0
    assert listed(library, capsys) == {"single": "added", "inside": "added"}
    assert remove_model(str(inside.parent), sure=False, make_library=library) == 0
    assert remove_model("single", sure=False, make_library=library) == 0
    assert listed(library, capsys) == {}
    assert single.exists()
    assert inside.exists()


def test_what_cannot_be_added_is_a_sentence(library: MakeLibrary, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="nowhere"):
        add_models(tmp_path / "nowhere.gguf", make_library=library)
    (tmp_path / "novel.gguf").write_text("Once upon a time", encoding="utf-8")
    with pytest.raises(ModelFileError, match="novel"):
        add_models(tmp_path / "novel.gguf", make_library=library)


@pytest.mark.parametrize("how", ["path", "name", "part"])
def test_our_own_model_goes_to_the_bin(
    how: str, library: MakeLibrary, own: Path, binned: list[Path], capsys: Capture
) -> None:
    path = put(own / "Small-Q8_0.gguf")
    put(own / "Other-Q8_0.gguf")
    named = {"path": str(path), "name": "Small-Q8_0", "part": "small"}[how]
    assert remove_model(named, sure=True, make_library=library) == 0
    assert binned == [path]
    assert set(listed(library, capsys)) == {"Other-Q8_0"}


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "gone"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked_first(
    answer: str,
    gone: bool,
    library: MakeLibrary,
    own: Path,
    binned: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(own / "a.gguf")
    monkeypatch.setattr(sys, "stdin", Keyboard(answer))
    screen = Keyboard()
    monkeypatch.setattr(sys, "stderr", screen)
    assert remove_model("a", sure=False, make_library=library) == 0
    assert "to the bin? [y/N]" in screen.getvalue()
    assert bool(binned) is gone


def test_without_a_terminal_nothing_goes_to_the_bin_unasked(
    library: MakeLibrary, own: Path, binned: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(own / "a.gguf")
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(WrongUsage, match="--yes"):
        remove_model("a", sure=False, make_library=library)
    assert not binned


def test_a_name_that_fits_none_or_several_is_wrong_usage(library: MakeLibrary, own: Path) -> None:
    put(own / "one-a.gguf")
    put(own / "one-b.gguf")
    with pytest.raises(WrongUsage, match="There is no model"):
        remove_model("two", sure=True, make_library=library)
    with pytest.raises(WrongUsage, match="one-b"):
        remove_model("one", sure=True, make_library=library)


def test_a_history_that_cannot_be_read_leaves_the_list(home: Path, capsys: Capture) -> None:
    database_path().parent.mkdir(parents=True)
    database_path().write_bytes(b"no database at all" * 100)
    assert list_models(newer=False, as_json=True, make_library=this_library) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["models"]
    assert "not told when models were used" in captured.err
