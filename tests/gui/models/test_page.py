"""The table of models on this machine, its details, and what is done with its rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from gui.app import Desk
from gui.models.library_columns import Column
from tests.gui.acting import key
from tests.gui.fake_shelf import model_bytes
from tests.gui.models.opened import Opened, banner_texts, offered
from tests.gui.test_accessibility import nameless


def test_nothing_is_looked_for_before_the_page_is_shown(desk: Desk) -> None:
    assert not desk.models.opened
    assert desk.models.library.rowCount() == 0


def test_each_model_is_a_row_with_its_figures(opened: Opened) -> None:
    assert opened.rows(Column.QUANTIZATION) == ["F16"] * 3
    assert opened.rows(Column.ARCHITECTURE) == ["llama"] * 3
    assert opened.rows(Column.TEMPLATE) == ["chat", "none (base)", "chat"]
    assert opened.rows(Column.PLACE) == ["Steelyard"] * 3


def test_the_same_content_twice_becomes_one_row(open_models: Callable[..., Opened]) -> None:
    opened = open_models({"one.F16.gguf": model_bytes(), "two.F16.gguf": model_bytes()})
    opened.wait_for("one.F16")
    opened.choose("one.F16")
    entry = opened.model.entries[0]
    assert [place.path.name for place in entry.places] == ["one.F16.gguf", "two.F16.gguf"]
    assert entry.sha256 is not None


def test_a_column_sorts_by_its_figure_and_not_by_its_text(opened: Opened) -> None:
    opened.table.sortByColumn(Column.SIZE, Qt.SortOrder.DescendingOrder)
    assert opened.rows()[0] == "wide.F16"


def test_the_search_keeps_the_rows_with_all_its_words(opened: Opened) -> None:
    opened.page.library.search.setText("llama BETA")
    assert opened.rows() == ["beta.F16"]
    assert opened.page.library.count.text() == "1 model"


def test_base_models_can_be_shown_alone(opened: Opened) -> None:
    opened.page.library.shown.set_choice("base")
    assert opened.rows() == ["beta.F16"]


def test_a_damaged_file_says_what_is_wrong_and_comes_last(
    open_models: Callable[..., Opened],
) -> None:
    opened = open_models({"a.gguf": b"GGUF", "z.F16.gguf": model_bytes()})
    opened.wait_for("z.F16", "a.gguf")
    opened.choose("a.gguf")
    assert "Download it again" in opened.page.details.summary.text()
    assert not opened.page.details.compare.isEnabled()


def test_the_chosen_models_go_to_compare(opened: Opened) -> None:
    opened.choose("alpha.F16", "wide.F16")
    assert opened.page.details.title.text() == "2 models chosen"
    opened.page.details.compare.click()
    files = [each.model.file for each in opened.desk.compare.contenders.contenders]
    assert files == ["alpha.F16.gguf", "wide.F16.gguf"]
    assert opened.desk.window.page.isVisible()


def test_the_details_show_the_header_and_its_tensors(opened: Opened) -> None:
    opened.choose("beta.F16")
    details = opened.page.details
    opened.qtbot.waitUntil(lambda: opened.model.anatomy is not None)
    details._tensors_fold.click()
    assert details._tensors.isVisible()
    assert details._tensors.toPlainText().splitlines()[0].split() == [
        "token_embd.weight",
        "32",
        "×",
        "64",
        "F32",
        "8",
        "kB",
    ]
    details._metadata_fold.click()
    assert "llama.context_length = 8192" in details._metadata.toPlainText()
    assert "base model" in details.summary.text()


def test_removing_asks_and_takes_an_added_file_off_the_list_only(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere.F16.gguf"
    elsewhere.write_bytes(model_bytes(width=96))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(elsewhere)], ""))
    opened.page.add_files.click()
    opened.wait_for("alpha.F16", "beta.F16", "elsewhere.F16", "wide.F16")
    asked: list[str] = []

    def agree(_parent: object, _title: str, question: str) -> QMessageBox.StandardButton:
        asked.append(question)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", agree)
    opened.choose("elsewhere.F16")
    opened.page.details.remove.click()
    opened.wait_for("alpha.F16", "beta.F16", "wide.F16")
    assert "the files stay where they are" in asked[0]
    assert elsewhere.exists()


def test_a_file_that_is_no_model_is_refused_in_words(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "letter.gguf"
    wrong.write_text("Dear reader")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(wrong)], ""))
    opened.page.add_files.click()
    opened.qtbot.waitUntil(lambda: bool(banner_texts(opened)))
    assert "letter.gguf" in banner_texts(opened)[0]


def test_enter_in_the_table_compares(opened: Opened) -> None:
    opened.table.setCurrentIndex(opened.table.model().index(1, 0))
    opened.choose("beta.F16")
    key(opened.qtbot, opened.table, Qt.Key.Key_Return)
    assert [each.model.file for each in opened.desk.compare.contenders.contenders] == [
        "beta.F16.gguf"
    ]


def test_everything_the_keyboard_reaches_has_a_name(opened: Opened) -> None:
    opened.choose("alpha.F16")
    assert not nameless(opened.desk.window)
    dialog = offered(opened)
    assert not nameless(dialog)
    dialog.reject()
