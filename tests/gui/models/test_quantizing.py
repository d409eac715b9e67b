"""Quantizations of a model, made from its details."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QPushButton

from tests.gui.fake_shelf import FakeQuantizer, imatrix_bytes
from tests.gui.models.opened import Opened, banner_texts, offered


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
