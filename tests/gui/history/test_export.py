"""Exports that are asked for on the History page: seen first, then written."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from gui.app import Desk
from gui.history.export_dialog import ExportDialog, usual_paper
from gui.theme import Theme
from tests.gui.history.choosing import choose
from tests.gui.test_accessibility import nameless


def test_chosen_sessions_are_exported_in_the_chosen_format(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree(dialog: ExportDialog) -> int:
        dialog.choose(".csv")
        qtbot.waitUntil(lambda: dialog.preview.text.toPlainText().startswith("session,"))
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(ExportDialog, "exec", agree)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    choose(qtbot, desk, 0, 1)
    desk.window.actions_table.action("history-export-chosen").trigger()
    qtbot.waitUntil((tmp_path / "mine.csv").exists)
    assert "The sky is blue." in (tmp_path / "mine.csv").read_text("utf-8-sig")


def test_a_pdf_is_shown_before_it_is_exported_on_the_chosen_paper(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agree(dialog: ExportDialog) -> int:
        (paper,) = dialog.findChildren(QComboBox)
        assert not paper.isEnabled()
        assert paper.toolTip() == "Only a PDF is laid out for paper."
        dialog.choose(".pdf")
        assert paper.isEnabled()
        paper.setCurrentIndex(paper.findData("letter"))
        qtbot.waitUntil(lambda: is_letter(dialog.preview.page.image), timeout=20_000)
        assert not nameless(dialog)
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(ExportDialog, "exec", agree)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    choose(qtbot, desk, 0, 1)
    desk.window.actions_table.action("history-export-chosen").trigger()
    qtbot.waitUntil((tmp_path / "mine.pdf").exists, timeout=20_000)
    reader = pypdf.PdfReader(tmp_path / "mine.pdf")
    assert round(reader.pages[0].mediabox.height) == 792
    assert "2 sessions" in " ".join(reader.pages[0].extract_text().split())


def test_a_workbook_is_shown_sheet_by_sheet_before_it_is_exported(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(dialog: ExportDialog) -> int:
        dialog.choose(".xlsx")
        sheets = dialog.preview.sheets
        qtbot.waitUntil(lambda: dialog.preview.currentWidget() is sheets)
        assert [sheets.tabs.tabText(n) for n in range(2)] == ["Summary", "Replies"]
        sheets.tabs.setCurrentIndex(1)
        cells, across = sheets.table.model(), Qt.Orientation.Horizontal
        head = [cells.headerData(n, across) for n in range(cells.columnCount())]
        assert cells.index(0, head.index("text")).data() == "The sky is blue."
        dialog.notes.setChecked(True)
        qtbot.waitUntil(lambda: sheets.tabs.count() > 2)
        assert sheets.tabs.currentIndex() == 1
        assert not nameless(dialog)
        return QDialog.DialogCode.Rejected

    monkeypatch.setattr(ExportDialog, "exec", look)
    choose(qtbot, desk, 0)
    desk.window.actions_table.action("history-export-chosen").trigger()


def test_a_file_that_got_its_ending_from_us_is_not_replaced_unasked(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(_parent: object, _title: str, words: str) -> QMessageBox.StandardButton:
        asked.append(words)
        return QMessageBox.StandardButton.No

    def agree(dialog: ExportDialog) -> int:
        dialog.choose(".csv")
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(ExportDialog, "exec", agree)
    monkeypatch.setattr(QMessageBox, "question", refuse)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    (tmp_path / "mine.csv").write_text("dear")
    choose(qtbot, desk, 0)
    desk.window.actions_table.action("history-export-chosen").trigger()
    assert asked == ["mine.csv is there already. Replace it?"]
    assert (tmp_path / "mine.csv").read_text() == "dear"


def is_letter(image: QImage) -> bool:
    return not image.isNull() and abs(image.width() / image.height() - 8.5 / 11) < 0.01


def test_paper_is_that_of_the_country() -> None:
    assert usual_paper(QLocale("en_US")) == "letter"
    assert usual_paper(QLocale("de_DE")) == "a4"


def test_several_sessions_in_json_stand_on_a_line_each(qtbot: QtBot, theme: Theme) -> None:
    for n_sessions, ending in ((1, ".json"), (2, ".jsonl")):
        dialog = ExportDialog(theme, n_sessions)
        qtbot.addWidget(dialog)
        dialog.choose(".json")
        assert dialog.form.ending == ending
        dialog.show()
        assert not nameless(dialog)
