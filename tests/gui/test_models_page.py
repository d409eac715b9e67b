from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from engine.contract import DeviceInfo
from gui.app import Desk
from gui.models.fit_settings import FitSettings
from gui.models.folders_dialog import FoldersDialog
from gui.models.library_filter import LibraryFilter
from gui.models.library_model import Column, LibraryModel, LibraryRole, path_of
from gui.models.picker import ModelPicker
from gui.models.quantize_dialog import QuantizeDialog
from models.fingerprint import _hash
from models.library import Entry, Place
from storage.uses import Use
from tests.gui.acting import key
from tests.gui.fake_shelf import FakeQuantizer, imatrix_bytes, model_bytes, shelf_in
from tests.gui.fakes import Fakes
from tests.gui.test_accessibility import nameless

OpenDesk = Callable[..., Desk]
OpenModels = Callable[..., "Opened"]


class Opened:
    """A window on its Models page, over a folder with models."""

    def __init__(self, qtbot: QtBot, desk: Desk, own: Path) -> None:
        self.qtbot, self.desk, self.own = qtbot, desk, own
        self.page = desk.models_page.machine
        self.model = desk.models
        self.table = self.page.library.table

    def rows(self, column: Column = Column.NAME) -> list[str]:
        shown = self.table.model()
        return [str(shown.index(row, column).data()) for row in range(shown.rowCount())]

    def choose(self, *names: str) -> None:
        self.table.clearSelection()
        for row, name in enumerate(self.rows()):
            if name in names:
                index = self.table.model().index(row, 0)
                flags = self.table.selectionModel().SelectionFlag
                self.table.selectionModel().select(index, flags.Select | flags.Rows)

    def wait_for(self, *names: str) -> None:
        self.qtbot.waitUntil(lambda: self.rows() == list(names) and not self.model.scanning)

    def entry(self) -> Entry:
        return self.model.library.entries[0]

    def details(self) -> list[str]:
        """Every text of the pane beside the table."""
        return [part.text() for part in self.page.details.findChildren(QLabel)]

    def wait_for_verdicts(self) -> None:
        self.qtbot.waitUntil(lambda: "…" not in self.rows(Column.FIT))


@pytest.fixture
def quantizer() -> FakeQuantizer:
    return FakeQuantizer()


@pytest.fixture
def open_models(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path, quantizer: FakeQuantizer
) -> Callable[..., Opened]:
    """Opens the page over these files, by name."""

    def open_page(files: dict[str, bytes], devices: tuple[DeviceInfo, ...] = ()) -> Opened:
        own = tmp_path / "own"
        own.mkdir()
        for name, content in files.items():
            (own / name).write_bytes(content)
        fakes = Fakes(tmp_path)
        fakes.given = replace(
            fakes.given, make_shelf=lambda: shelf_in(tmp_path, quantizer, devices)
        )
        desk = open_desk(fakes)
        places = [page.picture for page in desk.window.pages]
        desk.window.show_page(places.index("models"))
        return Opened(qtbot, desk, own)

    return open_page


@pytest.fixture
def opened(open_models: Callable[..., Opened]) -> Opened:
    made = open_models(
        {
            "alpha.F16.gguf": model_bytes(),
            "beta.F16.gguf": model_bytes(name="Beta", template=False),
            "wide.F16.gguf": model_bytes(width=64),
        }
    )
    made.wait_for("alpha.F16", "beta.F16", "wide.F16")
    return made


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


def test_the_verdict_stands_in_the_row_and_in_the_details(opened: Opened) -> None:
    opened.wait_for_verdicts()
    assert opened.rows(Column.FIT) == ["in memory"] * 3
    opened.choose("wide.F16")
    assert opened.page.details.fit.badge.text() == "in memory"
    assert opened.page.details.fit.sentence.text() == "Fits in memory."


@pytest.mark.parametrize(
    "change",
    [
        lambda settings: settings.flash_attention.set_choice("off"),
        lambda settings: settings.n_ubatch.setValue(64),
        lambda settings: settings.n_batch.setValue(64),
        lambda settings: settings.cache.set_choice("q8_0"),
    ],
    ids=["flash attention", "tokens at once", "batch", "cache type"],
)
def test_the_need_moves_with_each_setting(
    opened: Opened, change: Callable[[FitSettings], None]
) -> None:
    opened.wait_for_verdicts()
    opened.choose("alpha.F16")

    def total() -> int:
        found = opened.model.library.fit(opened.model.selection[0])
        return 0 if found is None or isinstance(found, str) else found.need.whole.total_bytes

    before = total()
    opened.page.settings.more.click()
    change(opened.page.settings)
    opened.qtbot.waitUntil(lambda: total() != before)


def test_the_verdict_moves_with_the_settings(opened: Opened) -> None:
    opened.wait_for_verdicts()
    opened.choose("alpha.F16")
    before = opened.model.library.fit(opened.model.selection[0])
    opened.page.settings.n_ctx.setValue(8192)

    def moved() -> bool:
        now = opened.model.library.fit(opened.model.selection[0])
        return not isinstance(now, str | None) and now.need.n_ctx == 8192

    opened.qtbot.waitUntil(moved)
    now = opened.model.library.fit(opened.model.selection[0])
    assert before is not None
    assert not isinstance(before, str)
    assert now is not None
    assert not isinstance(now, str)
    assert now.need.whole.kv_bytes == 2 * before.need.whole.kv_bytes


def test_a_gpu_is_counted_where_there_is_one(open_models: Callable[..., Opened]) -> None:
    gpu = DeviceInfo(
        name="CUDA0", description="A card", kind="gpu", backend="CUDA", free_bytes=8 << 30
    )
    opened = open_models({"alpha.F16.gguf": model_bytes()}, (gpu,))
    opened.wait_for("alpha.F16")
    opened.qtbot.waitUntil(lambda: opened.rows(Column.FIT) == ["on the GPU"])
    assert "A card, 8.6 GB free" in opened.page.machine.text()


def test_a_model_that_is_too_large_says_by_how_much(
    open_models: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.machine.available_memory", lambda: 1 << 29)
    opened = open_models({"alpha.F16.gguf": model_bytes()})
    opened.wait_for("alpha.F16")
    opened.wait_for_verdicts()
    assert opened.rows(Column.FIT)[0].startswith("too large by ")
    assert opened.table.model().index(0, Column.FIT).data(LibraryRole.MOOD) == "error"


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


def test_quantizations_are_chosen_by_their_foretold_size(opened: Opened) -> None:
    dialog = offered(opened)
    assert "Q8_0" in dialog.boxes
    assert not dialog.boxes["IQ1_S"].isEnabled()
    assert "needs an importance matrix" in dialog.boxes["IQ1_S"].toolTip()
    assert not dialog.make.isEnabled()
    dialog.boxes["Q8_0"].click()
    assert dialog.total.text().startswith("About ")
    dialog.make.click()
    opened.wait_for("alpha.F16", "alpha.Q8_0", "beta.F16", "wide.F16")
    assert "Made alpha.Q8_0.gguf." in banner_texts(opened)


def pick(monkeypatch: pytest.MonkeyPatch, button: QPushButton, path: Path, content: bytes) -> None:
    """Press a button that asks for a file, and answer with this one."""
    path.write_bytes(content)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    button.click()


def test_an_importance_matrix_is_made_of_a_text_first(
    opened: Opened, quantizer: FakeQuantizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = offered(opened)
    pick(monkeypatch, dialog.matrix.text, tmp_path / "words.txt", b"Words.")
    assert "words.txt" in dialog.matrix.sentence.text()
    dialog.boxes["IQ1_S"].click()
    dialog.make.click()
    opened.wait_for("alpha.F16", "alpha.i1-IQ1_S", "beta.F16", "wide.F16")
    assert quantizer.used == ["alpha.F16.words.imatrix.gguf"]
    assert (opened.own / "alpha.F16.words.imatrix.gguf").exists()


def test_a_file_of_an_importance_matrix_can_be_taken_and_left(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = offered(opened)
    plain = dialog.boxes["Q4_0"].text()
    path = tmp_path / "theirs.gguf"
    pick(monkeypatch, dialog.matrix.file, path, imatrix_bytes(text="wiki.txt"))
    opened.qtbot.waitUntil(lambda: dialog.matrix.choice is not None)
    used = "theirs.gguf is used, made of wiki.txt (7 chunks of it)."
    assert dialog.matrix.sentence.text() == used
    dialog.boxes["IQ1_S"].click()
    dialog.boxes["Q8_0"].click()
    assert list(dialog.chosen) == ["Q8_0", "IQ1_S"]
    dialog.matrix.none.click()
    assert dialog.matrix.choice is None
    assert list(dialog.chosen) == ["Q8_0"]
    assert not dialog.boxes["IQ1_S"].isEnabled()
    assert dialog.boxes["Q4_0"].text() == plain


@pytest.mark.parametrize("content", [imatrix_bytes(width=64), b"Dear reader, good morning."])
def test_a_matrix_that_does_not_fit_says_why(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    dialog = offered(opened)
    pick(monkeypatch, dialog.matrix.file, tmp_path / "theirs.gguf", content)
    opened.qtbot.waitUntil(lambda: "Choose" in dialog.matrix.sentence.text())
    assert "theirs.gguf" in dialog.matrix.sentence.text()
    assert dialog.matrix.choice is None


def test_reading_the_text_can_be_cancelled(
    opened: Opened, quantizer: FakeQuantizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quantizer.released.clear()
    dialog = offered(opened)
    pick(monkeypatch, dialog.matrix.text, tmp_path / "words.txt", b"Words.")
    dialog.boxes["Q4_K_M"].click()
    dialog.make.click()
    making = opened.page.making
    opened.qtbot.waitUntil(lambda: making.sentence.text().startswith("Reading words.txt"))
    assert making.progress.value() == 250
    making.cancel.click()
    opened.qtbot.waitUntil(lambda: not opened.model.making.running)
    assert quantizer.used == []
    assert any("cancelled" in text for text in banner_texts(opened))


def test_making_can_be_cancelled(opened: Opened, quantizer: FakeQuantizer) -> None:
    quantizer.released.clear()
    dialog = offered(opened)
    dialog.boxes["Q4_K_M"].click()
    dialog.make.click()
    assert opened.page.making.isVisible()
    assert not opened.page.details.quantize.isEnabled()
    opened.page.making.cancel.click()
    opened.qtbot.waitUntil(lambda: not opened.model.making.running)
    assert any("cancelled" in text for text in banner_texts(opened))
    assert not opened.page.making.isVisible()


def test_a_quantization_that_fails_says_why(opened: Opened, quantizer: FakeQuantizer) -> None:
    quantizer.fault = "There is no room."
    dialog = offered(opened)
    dialog.boxes["Q4_K_M"].click()
    dialog.make.click()
    opened.qtbot.waitUntil(lambda: "There is no room." in banner_texts(opened))


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


def offered(opened: Opened) -> QuantizeDialog:
    opened.choose("alpha.F16")
    opened.page.details.quantize.click()
    opened.qtbot.waitUntil(lambda: bool(opened.page.findChildren(QuantizeDialog)))
    return opened.page.findChildren(QuantizeDialog)[-1]


def banner_texts(opened: Opened) -> list[str]:
    return [banner.text for banner in opened.desk.models_page.banners.banners]


# --- Appearing by itself ------------------------------------------------------------------------


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


# --- What was used ------------------------------------------------------------------------------


def used(path: Path, *, layers: int = 0) -> Use:
    return Use(
        path=str(path),
        sha256=None,
        last_used=datetime.now(UTC),
        generation_tokens_per_s=23.4,
        n_replies=3,
        offloaded_layers=layers,
    )


def test_last_use_and_measured_speed_stand_in_the_table_and_the_details(
    open_models: OpenModels,
) -> None:
    opened = open_models({"a.gguf": model_bytes(), "b.gguf": model_bytes(name="B")})
    opened.wait_for("a", "b")
    opened.desk.models.use(Recorded(used(opened.own / "a.gguf")))
    opened.qtbot.waitUntil(lambda: opened.rows(Column.SPEED) == ["23.4 tok/s", ""])
    assert opened.rows(Column.USED)[0].startswith("today ")
    opened.choose("a")
    opened.wait_for_verdicts()
    opened.qtbot.waitUntil(lambda: "23.4 tok/s, measured here (3 replies)" in opened.details())
    assert "23.4 tok/s, median of 3 replies" in opened.details()
    assert not any("Expected" in text for text in opened.details())
    opened.choose("b")
    opened.qtbot.waitUntil(lambda: "Expected speed" in opened.details())


def test_a_speed_measured_on_the_gpu_does_not_replace_the_estimate_without(
    open_models: OpenModels,
) -> None:
    opened = open_models({"a.gguf": model_bytes()})
    opened.wait_for("a")
    opened.desk.models.use(Recorded(used(opened.own / "a.gguf", layers=3)))
    opened.qtbot.waitUntil(lambda: opened.rows(Column.SPEED) == ["23.4 tok/s"])
    opened.wait_for_verdicts()
    opened.qtbot.waitUntil(lambda: "Expected speed" in opened.details())
    assert "23.4 tok/s, median of 3 replies, 3 layers on the GPU" in opened.details()


@dataclass(frozen=True)
class Recorded:
    use: Use

    def uses(self, machine: str) -> tuple[Use, ...]:
        assert machine
        return (self.use,)


# --- For a comparison ---------------------------------------------------------------------------


def test_compare_takes_models_from_the_same_library(open_models: OpenModels) -> None:
    opened = open_models({"a.gguf": model_bytes(), "b.gguf": model_bytes(name="B")})
    opened.desk.window.show_page(0)
    compare = opened.desk.window.page
    compare.chips.add.click()
    picker = opened.desk.window.findChild(ModelPicker)
    assert picker is not None
    table = picker.library.table
    opened.qtbot.waitUntil(lambda: table.model().rowCount() == 2)
    assert not nameless(picker)
    assert not picker.add.isEnabled()
    assert picker.add.toolTip() == "Choose a model first."
    table.selectAll()
    opened.qtbot.waitUntil(lambda: opened.desk.models.library.fit(opened.entry()) is not None)
    picker.add.click()
    opened.qtbot.waitUntil(lambda: len(compare.chips.chips) == 2)
    assert not picker.isVisible()


def test_a_file_that_the_library_lacks_can_still_be_chosen(
    open_models: OpenModels, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = open_models({})
    (tmp_path / "else.gguf").write_bytes(model_bytes())
    names = [str(tmp_path / "else.gguf")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (names, ""))
    opened.desk.window.page.models_wanted.emit()
    picker = opened.desk.window.findChild(ModelPicker)
    assert picker is not None
    picker.files.click()
    opened.qtbot.waitUntil(lambda: len(opened.desk.window.page.chips.chips) == 1)


# --- Thousands ----------------------------------------------------------------------------------


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
