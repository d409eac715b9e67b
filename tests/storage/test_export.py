from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import StorageError
from storage.document import parse
from storage.export import export_session
from tests.storage import samples

SESSION = samples.session(samples.plan(), samples.reply(text="naïve 東京 \x00 🙂"))


def test_a_session_exported_as_json_reads_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "Session.JSON"
    export_session(SESSION, path)
    assert parse(path.read_bytes(), "x") == SESSION
    assert [file.name for file in tmp_path.iterdir()] == ["Session.JSON"]


@pytest.mark.parametrize("name", ["x.docx", "x", "x.json.bak"])
def test_an_unknown_ending_is_refused_with_those_that_are_offered(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(StorageError, match=r"\.json"):
        export_session(SESSION, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"folder .*nowhere is missing"):
        export_session(SESSION, tmp_path / "nowhere" / "x.json")


def test_an_export_that_fails_leaves_the_file_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    path.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="no space left"):
        export_session(SESSION, path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_reads_the_file_while_it_is_replaced_reads_the_old_one_whole(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.json"
    path.write_text("before")
    with path.open() as reader:
        export_session(SESSION, path)
        assert reader.read() == "before"


def test_a_folder_in_the_files_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(StorageError, match="cannot be used"):
        export_session(SESSION, tmp_path / "x.json")
