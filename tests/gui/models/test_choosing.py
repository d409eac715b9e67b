"""Models are chosen for a comparison from the same library."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from gui.models.picker import ModelPicker
from tests.gui.fake_shelf import model_bytes
from tests.gui.models.opened import OpenModels
from tests.gui.test_accessibility import nameless


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
