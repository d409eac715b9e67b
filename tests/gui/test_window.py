from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from gui.app import Desk
from gui.compare.cells import Phase
from gui.crash import CrashDialog
from gui.stylesheet import stylesheet
from gui.window import ELSEWHERE
from tests.gui.acting import (
    A,
    OpenDesk,
    activate,
    column_text,
    draw_up,
    finish,
    held_run,
)
from tests.gui.fakes import (
    FakeBench,
    Fakes,
)


def test_closing_during_a_run_leaves_nothing_behind(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    fakes = Fakes(tmp_path, FakeBench(held_run))
    desk = open_desk(fakes)
    draw_up(desk)
    desk.window.page.composer.run.click()
    qtbot.waitUntil(lambda: column_text(desk, A.name) == "It is")
    desk.window.close()
    assert not desk.window.isVisible()
    assert fakes.bench.closed
    assert fakes.history.closed
    assert not [t.name for t in threading.enumerate() if t.name.startswith(("jobs", "run"))]


def test_the_window_comes_back_as_it_was_left(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    first = open_desk(Fakes(tmp_path))
    draw_up(first, "Remember me")
    first.window.page.composer.repeats.set_number(4)
    for action in ("sessions", "scroll", "theme-dark"):
        first.window.actions_table.action(action).trigger()
    first.window.resize(792, 733)
    first.window.close()
    second = open_desk(Fakes(tmp_path))
    qtbot.waitUntil(lambda: len(second.window.page.chips.chips) == 3)
    assert second.window.page.composer.prompt.toPlainText() == "Remember me"
    assert second.window.page.composer.repeats.number == 4
    assert second.window.panel.isVisible()
    assert second.window.page.scrolls_together()
    assert second.theme.choice == "dark"
    assert (second.window.width(), second.window.height()) == (792, 733)


def test_an_open_window_wears_the_style_sheet(desk: Desk, qapp: QApplication) -> None:
    theme = desk.theme
    assert qapp.styleSheet() == stylesheet(theme.colours, theme.space, theme.type)


def test_settings_that_cannot_be_read_are_the_defaults(open_desk: OpenDesk, tmp_path: Path) -> None:
    (tmp_path / "window.json").write_text("{broken")
    desk = open_desk(Fakes(tmp_path))
    assert desk.theme.choice == "system"
    assert desk.window.page.empty.isVisible()


def test_an_unexpected_exception_becomes_a_report_and_the_window_lives_on(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = open_desk(Fakes(tmp_path))
    desk.jobs.start("files", lambda: 1 // 0)
    qtbot.waitUntil(lambda: desk.window.findChild(CrashDialog) is not None)
    dialog = desk.window.findChild(CrashDialog)
    assert dialog is not None
    assert "ZeroDivisionError" in dialog.report
    assert "Steelyard 0.1.0" in dialog.report
    desk.jobs.start("files", lambda: int("again"))
    qtbot.waitUntil(lambda: "ValueError" in dialog.report)
    assert len(desk.window.findChildren(CrashDialog)) == 1
    dialog.accept()
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    assert column_text(desk, A.name) == "An answer."
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "ftp://x.org"])
def test_only_web_addresses_of_a_reply_are_opened(desk: Desk, address: str) -> None:
    desk.window.page.link_chosen.emit(QUrl(address))
    assert "left alone" in desk.window.page.banners.banners[0].text


def test_a_web_address_of_a_reply_is_shown_and_asked_about(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(box: QMessageBox) -> QMessageBox.StandardButton:
        asked.append(box.informativeText())
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "exec", answer)
    desk.window.page.link_chosen.emit(QUrl("https://example.org/a b"))
    assert asked == ["https://example.org/a%20b"]


def test_the_help_lists_the_keys_of_the_table(desk: Desk) -> None:
    table = desk.window.actions_table
    listed = dict(table.shortcuts())
    assert listed["Run"] == "Ctrl+Return or Ctrl+Enter"
    assert listed["Stop"] == "Esc"


def test_the_edit_menu_acts_on_what_has_the_keyboard(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk, "Copy me")
    activate(qtbot, desk.window)
    desk.window.page.composer.prompt.setFocus()
    for name in ("selectAll", "copy"):
        desk.window.actions_table.action(name).trigger()
    assert QGuiApplication.clipboard().text() == "Copy me"


@pytest.mark.parametrize("page", range(5))
def test_no_two_actions_of_a_page_share_a_key(desk: Desk, page: int) -> None:
    desk.window.show_page(page)
    usable = [each for each in desk.window.actions_table.commands if each.blocked() != ELSEWHERE]
    keys = [key for command in usable for key in command.keys]
    assert len(keys) == len(set(keys))


def test_every_action_is_in_a_menu_and_says_why_it_cannot_be_used(desk: Desk) -> None:
    table = desk.window.actions_table
    in_menus = {action for menu in desk.window.findChildren(QMenu) for action in menu.actions()}
    assert {table.action(command.id) for command in table.commands} <= in_menus
    for command in table.commands:
        action = table.action(command.id)
        assert action.isEnabled() == (not command.blocked())
        if command.blocked():
            assert action.toolTip() == command.blocked()


def test_banners_stay_few_and_say_each_thing_once(desk: Desk) -> None:
    banners = desk.window.page.banners
    for text in ("a", "b", "a", "c", "d", "e"):
        banners.add("notice", text)
    assert [banner.text for banner in banners.banners] == ["a", "c", "d", "e"]
    banners.banners[0].closed.emit()
    assert [banner.text for banner in banners.banners] == ["c", "d", "e"]


def test_a_column_before_the_first_run_describes_its_model(desk: Desk) -> None:
    draw_up(desk)
    column = desk.window.page.columns.columns[0]
    assert column.view.phase is Phase.READY
    assert column.badge.text() == "ready"
