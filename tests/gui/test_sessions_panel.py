from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from engine.errors import StorageError
from gui.history.export_dialog import ExportDialog
from tests.gui.acting import (
    A,
    B,
    OpenDesk,
    column_text,
    draw_up,
    finish,
    two_prompts,
)
from tests.gui.fakes import (
    FakeHistory,
    Fakes,
    reply_to,
    session_of,
)


def test_a_session_of_the_list_is_opened_as_it_was_seen(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    replies = [reply_to(n.name, case=c, text=f"{c} by {n.name}") for n in (A, B) for c in "12"]
    history = FakeHistory([session_of(two_prompts(), replies, session_id="old", title="Old one")])
    desk = open_desk(Fakes(tmp_path, history=history))
    qtbot.waitUntil(lambda: desk.sessions.rowCount() == 1)
    desk.window.actions_table.action("sessions").trigger()
    panel = desk.window.panel
    assert panel.isVisible()
    panel.list.clicked.emit(desk.sessions.index(0))
    qtbot.waitUntil(lambda: column_text(desk, A.name) == f"1 by {A.name}")
    page = desk.window.page
    assert desk.window.windowTitle() == "Old one – Steelyard"
    assert page.asked.switcher.cases.count() == 2
    page.asked.switcher.later.click()
    qtbot.waitUntil(lambda: column_text(desk, B.name) == f"2 by {B.name}")
    assert page.composer.prompt.toPlainText() == "Question 2"
    assert panel.list.currentIndex().row() == 0


def test_an_interrupted_session_offers_to_resume(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    session = session_of(two_prompts(), [reply_to(A.name)], status="interrupted")
    desk = open_desk(Fakes(tmp_path, history=FakeHistory([session])))
    desk.opener.open("s1")
    banners = desk.window.page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert "1 of 4 replies" in banners.banners[0].text
    assert desk.window.page.asked.resume.isVisible()
    banners.banners[0].acted.emit()
    qtbot.waitUntil(lambda: desk.compare.board.status == "finished")
    assert not desk.window.page.asked.resume.isVisible()


def test_a_run_is_added_to_the_list(qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path) -> None:
    fakes = Fakes(tmp_path)
    desk = open_desk(fakes)
    draw_up(desk)
    fakes.history.kept["s1"] = session_of(two_prompts(), [])
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    qtbot.waitUntil(lambda: desk.sessions.rowCount() == 1)


def test_a_session_is_exported_by_the_dialog_of_the_history(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes = Fakes(tmp_path, history=FakeHistory([session_of(two_prompts(), [])]))
    desk = open_desk(fakes)

    def agree(dialog: ExportDialog) -> int:
        assert dialog.parent() is desk.window
        dialog.choose(".md")
        qtbot.waitUntil(lambda: dialog.preview.text.toPlainText() == "1 as .md")
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(ExportDialog, "exec", agree)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    export = desk.window.actions_table.action("export")
    assert not export.isEnabled()
    assert export.toolTip() == "There is no recorded session to export yet."
    desk.opener.open("s1")
    qtbot.waitUntil(export.isEnabled)
    export.trigger()
    qtbot.waitUntil(lambda: bool(fakes.exported))
    assert fakes.exported[0][1] == tmp_path / "mine.md"
    banners = desk.window.page.banners
    words = f"1 session written to {tmp_path / 'mine.md'}."
    qtbot.waitUntil(lambda: [each.text for each in banners.banners] == [words])
    desk.window.panel.export_wanted.emit("s1")
    qtbot.waitUntil(lambda: len(fakes.exported) == 2)


def test_without_a_history_the_window_still_compares(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    def broken() -> FakeHistory:
        raise StorageError("The history was made by a newer version of Steelyard.")

    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "open_history", broken)
    desk = open_desk(fakes)
    assert "newer version" in desk.window.page.banners.banners[0].text
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    assert column_text(desk, A.name) == "An answer."


def test_a_history_that_takes_nothing_more_says_so(open_desk: OpenDesk, tmp_path: Path) -> None:
    fakes = Fakes(tmp_path)
    fakes.history.read_only = "The history is on a disk that is full."
    desk = open_desk(fakes)
    assert desk.window.page.banners.banners[0].text == "The history is on a disk that is full."
