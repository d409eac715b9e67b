"""What appears, grows or stays in the folders, and what it costs to see that."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui.models.folders_dialog import FoldersDialog
from gui.models.library_columns import Column, path_of
from gui.models.library_filter import LibraryFilter
from gui.models.library_model import LibraryModel
from models.fingerprint import _hash
from models.library import Place
from tests.gui.fake_shelf import model_bytes, shelf_in
from tests.gui.models.opened import OpenModels
from tests.gui.test_accessibility import nameless


def test_a_file_that_appears_in_an_added_folder_is_listed_by_itself(
    open_models: OpenModels, tmp_path: Path
) -> None:
    opened = open_models({"a.gguf": model_bytes()})
    added = tmp_path / "added" / "deep"
    added.mkdir(parents=True)
    opened.desk.models.add_folder(added.parent)
    opened.wait_for("a")
    opened.qtbot.waitUntil(lambda: str(added) in opened.desk.models.watcher._system.directories())
    (added / "b.gguf").write_bytes(model_bytes(name="B"))
    opened.wait_for("a", "b")
    (added / "b.gguf").unlink()
    opened.wait_for("a")


def test_an_added_folder_is_looked_into_no_longer(open_models: OpenModels, tmp_path: Path) -> None:
    opened = open_models({"a.gguf": model_bytes()})
    added = tmp_path / "added"
    added.mkdir()
    (added / "b.gguf").write_bytes(model_bytes(name="B"))
    opened.desk.models.add_folder(added)
    opened.wait_for("a", "b")
    opened.page.folders.click()
    opened.qtbot.waitUntil(lambda: opened.page.findChild(FoldersDialog) is not None)
    dialog = opened.page.findChild(FoldersDialog)
    assert dialog is not None
    dialog.folders.setCurrentRow(0)
    assert dialog.folders.currentItem().text() == str(added)
    dialog.remove.click()
    opened.wait_for("a")
    assert (added / "b.gguf").exists()
    assert dialog.words.text() == "No folder was added yet."
    assert not nameless(dialog)
    dialog.done_button.click()


def test_a_file_that_grows_whole_is_read_again(open_models: OpenModels) -> None:
    opened = open_models({"a.gguf": model_bytes()[:-100]})
    opened.wait_for("a.gguf")
    assert opened.rows(Column.FIT) == ["cannot be used"]
    (opened.own / "a.gguf").write_bytes(model_bytes())
    opened.desk.models.watcher.look()
    opened.wait_for("a")


def test_nothing_is_hashed_twice(open_models: OpenModels, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []

    def noting(path: Path, *rest: Any) -> Any:
        hashed.append(path)
        return _hash(path, *rest)

    monkeypatch.setattr("models.fingerprint._hash", noting)
    opened = open_models({"a.gguf": model_bytes(), "b.gguf": model_bytes(name="B")})
    entries = opened.desk.models.library
    opened.qtbot.waitUntil(
        lambda: len(entries.entries) == 2 and all(each.sha256 for each in entries.entries)
    )
    opened.model.rescan()
    opened.qtbot.waitUntil(lambda: not opened.model.scanning)
    again = shelf_in(opened.own.parent)
    contents = again.scan(threading.Event())
    again.compare_contents(contents, lambda part: None, threading.Event())
    assert sorted(path.name for path in hashed) == ["a.gguf", "b.gguf"]


class Silent(LibraryModel):
    """Answers no question about a cell: a view of thousands would wait for seconds."""

    def data(self, index: Any, role: int = 0) -> object:
        raise AssertionError(f"asked for row {index.row()}")


def test_thousands_are_sorted_and_searched_without_asking_for_cells(
    open_models: OpenModels, qapp: QApplication
) -> None:
    opened = open_models({"a.gguf": model_bytes()})
    opened.wait_for("a")
    one = opened.entry()
    entries = [
        msgspec.structs.replace(
            one,
            places=(Place(Path(f"/m/{number:04}.gguf"), "added"),),
            details=msgspec.structs.replace(
                one.details,
                model=msgspec.structs.replace(one.details.model, size_bytes=number),
            ),
        )
        for number in range(2_000)
    ]
    model = Silent()
    shown = LibraryFilter(model)
    model.show_items(entries)
    shown.sort(Column.SIZE, Qt.SortOrder.DescendingOrder)
    shown.search("199")
    names = [model.item(shown.mapToSource(shown.index(row, 0)).row()) for row in range(3)]
    assert [path_of(item).stem for item in names] == ["1999", "1998", "1997"]
    assert shown.rowCount() == 12
    model.deleteLater()


def test_a_scan_that_finds_nothing_new_leaves_the_table_as_it_is(open_models: OpenModels) -> None:
    opened = open_models({"a.gguf": model_bytes(), "b.gguf": model_bytes(name="B")})
    opened.wait_for("a", "b")
    opened.qtbot.waitUntil(lambda: all(each.sha256 for each in opened.model.library.entries))
    resets: list[None] = []
    opened.model.library.modelReset.connect(lambda: resets.append(None))
    opened.model.rescan()
    opened.qtbot.waitUntil(lambda: not opened.model.scanning)
    assert resets == []
