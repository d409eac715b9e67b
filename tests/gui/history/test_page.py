"""The History page in its window, over the real database."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QMenu
from pytestqt.qtbot import QtBot

from gui.app import Desk
from gui.history.session_table import SessionTable
from gui.history.table_model import Column, Role, TableModel
from gui.sessions.sessions_model import SessionRole
from gui.theme import Theme
from gui.widgets.rows import RowsView
from storage.history import History
from storage.summary import SessionSummary
from tests.gui.acting import A, B, OpenDesk, activate, column_text, draw_up, held_run, key
from tests.gui.fakes import FakeBench, Fakes
from tests.gui.history.choosing import choose
from tests.gui.test_accessibility import nameless
from tests.gui.test_history_model import earlier, keep


def test_enter_opens_the_chosen_session_on_the_compare_page(qtbot: QtBot, desk: Desk) -> None:
    choose(qtbot, desk, 0)
    key(qtbot, desk.history_page.table, Qt.Key.Key_Return)
    qtbot.waitUntil(desk.window.page.isVisible)
    qtbot.waitUntil(lambda: column_text(desk, A.name) == "The sky is blue.")
    assert desk.compare.board.session_id == "00000000"


def test_a_double_click_opens_a_session(qtbot: QtBot, desk: Desk) -> None:
    table = desk.history_page.table
    choose(qtbot, desk, 1)
    at = table.visualRect(desk.history.table.index(1, Column.TITLE)).center()
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: desk.compare.board.session_id == "00000001")


def test_run_again_runs_the_plan_of_the_chosen_session(qtbot: QtBot, desk: Desk) -> None:
    choose(qtbot, desk, 0)
    desk.history_page.details.again.click()
    qtbot.waitUntil(lambda: desk.compare.board.status == "finished")
    assert len(desk.compare.board.cases) == 2


def test_run_with_changes_asks_all_prompts_again_of_other_models(qtbot: QtBot, desk: Desk) -> None:
    choose(qtbot, desk, 0)
    desk.history_page.details.change.click()
    page = desk.window.page
    qtbot.waitUntil(page.isVisible)
    qtbot.waitUntil(lambda: "All 2 prompts" in page.composer.kept.text())
    assert not page.composer.prompt.isVisible()
    assert "session of its own" in page.banners.banners[0].text
    desk.compare.swap_model(A.name, Path("/models/Other.Q6_K.gguf"))
    qtbot.waitUntil(lambda: desk.compare.contenders.contenders[0].name == "Other Q6_K")
    desk.compare.draft.edit(repeats=2)
    page.composer.run.click()
    qtbot.waitUntil(lambda: desk.compare.board.status == "finished")
    board = desk.compare.board
    assert [each.name for each in board.contenders] == ["Other Q6_K", B.name]
    assert (len(board.cases), board.plan.repeats) == (2, 2)


def test_an_unfinished_session_is_resumed_from_the_list(
    qtbot: QtBot, desk: Desk, history: History, tmp_path: Path
) -> None:
    details = desk.history_page.details
    choose(qtbot, desk, 0)
    assert not details.resume.isVisible()
    stopped = msgspec.structs.replace(earlier(7, hours=0), status="stopped")
    keep(history, tmp_path, [stopped])
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 4)
    choose(qtbot, desk, 0)
    qtbot.waitUntil(details.resume.isVisible)
    details.resume.click()
    qtbot.waitUntil(lambda: desk.compare.board.status == "finished")
    assert desk.compare.board.reply_count == 4


def test_what_a_kind_is_never_used_for_is_not_offered_and_said_where_it_is_listed(
    qtbot: QtBot, desk: Desk, history: History, tmp_path: Path
) -> None:
    killed = msgspec.structs.replace(earlier(7, hours=0), kind="fidelity", status="interrupted")
    keep(history, tmp_path, [killed])
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 4)
    choose(qtbot, desk, 0)
    details = desk.history_page.details
    qtbot.waitUntil(details.again.isEnabled)
    assert not details.resume.isVisible()
    assert desk.history_page.why_not("resume") == desk.opener.why_not("resume", "fidelity")


def test_ctrl_f_goes_to_the_search_which_narrows_the_list(qtbot: QtBot, desk: Desk) -> None:
    activate(qtbot, desk.window)
    key(qtbot, desk.history_page.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    search = desk.history_page.filters.search
    assert desk.window.focusWidget() is search
    qtbot.keyClicks(search, "sky")
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 1)
    assert desk.history_page.counted.text() == "1 session"
    search.setText("nothing like it")
    qtbot.waitUntil(desk.history_page.nothing.isVisible)
    desk.history_page.filters.all.click()
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 3)


def test_a_tag_filter_narrows_the_list_and_offers_what_there_is(qtbot: QtBot, desk: Desk) -> None:
    field = desk.history_page.filters.tag
    qtbot.waitUntil(lambda: field.count() == 2)
    field.set_choice("client")
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 1)
    assert desk.history.table.summaries[0].id == "00000001"


def test_a_click_on_a_header_sorts(qtbot: QtBot, desk: Desk) -> None:
    header = desk.history_page.table.horizontalHeader()
    header.setSortIndicator(Column.TITLE, Qt.SortOrder.DescendingOrder)
    qtbot.waitUntil(lambda: desk.history.table.summaries[0].title == "Session 2")


@pytest.mark.parametrize("column", list(Column))
def test_every_column_sorts_the_list_both_ways(qtbot: QtBot, desk: Desk, column: Column) -> None:
    header = desk.history_page.table.horizontalHeader()
    orders = []
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        header.setSortIndicator(Column.TITLE, order)
        with qtbot.waitSignal(desk.history.loaded):
            header.setSortIndicator(column, order)
        orders.append([desk.history.table.index(n, column).data(Role.SORT) for n in range(3)])
    assert orders[0] == sorted(orders[0])
    assert orders[1] == sorted(orders[1], reverse=True)


def test_the_machine_filter_offers_the_processors_there_were(
    qtbot: QtBot, desk: Desk, history: History, tmp_path: Path
) -> None:
    session = earlier(7, hours=0)
    machine = msgspec.structs.replace(session.environment, cpu="Another processor")
    keep(history, tmp_path, [msgspec.structs.replace(session, environment=machine)])
    field = desk.history_page.filters.machine
    qtbot.waitUntil(lambda: field.count() == 3)
    field.set_choice("Another processor")
    qtbot.waitUntil(lambda: [row.id for row in desk.history.table.summaries] == ["00000007"])


def test_a_click_on_a_star_stars(qtbot: QtBot, desk: Desk, history: History) -> None:
    table = desk.history_page.table
    box = table.visualRect(desk.history.table.index(1, Column.STAR))
    at = QPoint(box.center().x(), box.bottom() - 4)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: desk.history.table.summaries[1].starred)
    assert history.session("00000001").starred


def facts_shown(desk: Desk) -> list[str]:
    return [each.text() for each in desk.history_page.details.findChildren(QLabel)]


def test_failed_replies_are_not_counted_as_replies(
    qtbot: QtBot, desk: Desk, history: History, tmp_path: Path
) -> None:
    answered = earlier(3)
    failed = msgspec.structs.replace(
        answered,
        replies=tuple(
            msgspec.structs.replace(each, finish_reason="error", error="It broke.")
            for each in answered.replies
        ),
    )
    keep(history, tmp_path, [failed])
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 4)
    row = next(n for n, each in enumerate(desk.history.table.summaries) if each.id == failed.id)
    shown = [desk.history.table.index(row, at).data() for at in (Column.REPLIES, Column.STATUS)]
    assert shown == ["0 of 4", "failed"]
    choose(qtbot, desk, row)
    qtbot.waitUntil(lambda: "0 of 4, 2 failed" in facts_shown(desk))
    assert "failed" in facts_shown(desk)


def test_title_notes_and_tags_are_edited_beside_the_list(
    qtbot: QtBot, desk: Desk, history: History
) -> None:
    details = desk.history_page.details
    choose(qtbot, desk, 1)
    assert details.notes.toPlainText() == "Ask Ms. Ito."
    activate(qtbot, desk.window)
    details.title.setFocus()
    details.title.setText("A better title")
    qtbot.keyClick(details.title, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.history.table.summaries[1].title == "A better title")
    details.notes.setFocus()
    details.notes.setPlainText("Asked.")
    details.tags.field.setFocus()
    qtbot.waitUntil(lambda: history.session("00000001").notes == "Asked.")
    qtbot.keyClicks(details.tags.field, "draft")
    qtbot.keyClick(details.tags.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: details.tags.tags == ("client", "draft"))
    assert history.session("00000001").tags == ("client", "draft")


def test_notes_that_are_being_written_go_to_their_own_session(
    qtbot: QtBot, desk: Desk, history: History
) -> None:
    details = desk.history_page.details
    choose(qtbot, desk, 1)
    activate(qtbot, desk.window)
    details.notes.setFocus()
    details.notes.setPlainText("Only of the second.")
    choose(qtbot, desk, 2)
    qtbot.waitUntil(lambda: history.session("00000001").notes == "Only of the second.")
    assert not history.session("00000002").notes
    assert not details.notes.toPlainText()


def test_notes_that_are_being_written_outlive_the_window(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    details = desk.history_page.details
    choose(qtbot, desk, 1)
    activate(qtbot, desk.window)
    details.notes.setFocus()
    details.notes.setPlainText("Typed just before closing.")
    desk.window.close()
    with History.open(tmp_path / "history.db") as again:
        assert again.session("00000001").notes == "Typed just before closing."


def test_several_sessions_are_tagged_and_their_tags_taken_away(
    qtbot: QtBot, desk: Desk, history: History
) -> None:
    tags = desk.history_page.details.tags
    choose(qtbot, desk, 0, 1)
    assert tags.tags == ("client",)
    activate(qtbot, desk.window)
    qtbot.keyClicks(tags.field, "march")
    qtbot.keyClick(tags.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: tags.tags == ("client", "march"))
    assert history.session("00000000").tags == ("march",)
    tags.removed.emit("client")
    qtbot.waitUntil(lambda: tags.tags == ("march",))
    assert history.session("00000001").tags == ("march",)


def test_delete_takes_sessions_away_and_undo_brings_them_back(
    qtbot: QtBot, desk: Desk, history: History
) -> None:
    choose(qtbot, desk, 0, 2)
    key(qtbot, desk.history_page.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 1)
    qtbot.waitUntil(lambda: bool(desk.history_page.banners.banners))
    banner = desk.history_page.banners.banners[0]
    assert banner.text.startswith("“Session 0” (")
    assert banner.text.endswith(") and 1 more were deleted.")
    banner.acted.emit()
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 3)
    assert history.count() == 3


def test_dismissing_the_offer_to_undo_deletes_for_good(
    qtbot: QtBot, desk: Desk, history: History
) -> None:
    choose(qtbot, desk, 0)
    desk.history_page.details.delete.click()
    banners = desk.history_page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    with qtbot.waitSignal(desk.history.bin.undo_ended):
        banners.banners[0].closed.emit()
    done: list[None] = []
    desk.jobs.start("bin", lambda: None, done.append)
    qtbot.waitUntil(lambda: bool(done))
    history.restore(["00000000"])
    assert history.count() == 2
    assert not banners.banners


def test_a_recent_comparison_is_deleted_with_undo_and_all_lead_to_the_history(
    qtbot: QtBot, desk: Desk, history: History
) -> None:
    desk.window.show_page(0)
    panel = desk.window.panel
    desk.window.actions_table.action("sessions").trigger()
    qtbot.waitUntil(lambda: desk.sessions.rowCount() == 3)
    panel.delete_wanted.emit(desk.sessions.index(0).data(SessionRole.SUMMARY))
    qtbot.waitUntil(lambda: desk.sessions.rowCount() == 2)
    banners = desk.window.page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    banners.banners[0].acted.emit()
    qtbot.waitUntil(lambda: desk.sessions.rowCount() == 3)
    panel.all.click()
    assert desk.history_page.isVisible()


def test_recent_are_comparisons_alone(
    qtbot: QtBot, desk: Desk, history: History, tmp_path: Path
) -> None:
    keep(history, tmp_path, [msgspec.structs.replace(earlier(7, hours=0), kind="suite")])
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 4)
    assert desk.sessions.rowCount() == 3


def test_two_sessions_are_compared_and_esc_leads_back(qtbot: QtBot, desk: Desk) -> None:
    page = desk.history_page
    choose(qtbot, desk, 0)
    facts = page.details.findChildren(RowsView)
    assert [each.isVisible() for each in facts] == [True]
    choose(qtbot, desk, 0, 1)
    assert not any(each.isVisible() for each in facts)
    assert page.details.compare.isVisible()
    page.details.compare.click()
    view = page.comparison
    qtbot.waitUntil(view.isVisible)
    assert view.before.text().startswith("Session 1")
    assert view.reply_before.toPlainText() == "An answer."
    assert view.reply_after.toPlainText() == "The sky is blue."
    speed = view.speeds.topLevelItem(0)
    assert speed is not None
    assert A.name.endswith(f" {speed.text(0)}")
    assert [speed.text(n) for n in range(1, 5)] == ["Speed", "−2 %", "51.0 tok/s", "50.0 tok/s"]
    assert not nameless(desk.window)
    key(qtbot, view.back, Qt.Key.Key_Escape)
    assert page.table.isVisible()


def test_everything_on_the_page_has_a_name(qtbot: QtBot, desk: Desk) -> None:
    choose(qtbot, desk, 1)
    assert not nameless(desk.window)


def test_actions_say_what_must_be_chosen_first(qtbot: QtBot, desk: Desk) -> None:
    compare = desk.window.actions_table.action("history-compare-two")
    assert not compare.isEnabled()
    choose(qtbot, desk, 0)
    assert compare.toolTip() == "Choose two sessions to compare them."
    choose(qtbot, desk, 0, 1)
    assert compare.isEnabled()


def test_what_was_chosen_stays_chosen_when_the_list_changes(
    qtbot: QtBot, desk: Desk, history: History, tmp_path: Path
) -> None:
    choose(qtbot, desk, 1)
    keep(history, tmp_path, [earlier(9, title="New", hours=0)])
    qtbot.waitUntil(lambda: desk.history.table.rowCount() == 4)
    assert desk.history_page.table.chosen() == ["00000001"]
    assert desk.history.chosen == ("00000001",)


def test_a_session_is_not_opened_over_a_running_comparison(
    qtbot: QtBot, open_desk: OpenDesk, history: History, tmp_path: Path
) -> None:
    fakes = Fakes(tmp_path, FakeBench(held_run))
    object.__setattr__(fakes.given, "open_history", lambda: history)
    desk = open_desk(fakes)
    draw_up(desk)
    desk.window.page.composer.run.click()
    assert desk.compare.running
    desk.window.show_widget(desk.history_page)
    desk.history_page.opened.emit("00000000")
    banners = desk.history_page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert banners.banners[0].text == "Stop the comparison first."
    assert desk.compare.board.session_id != "00000000"


def test_the_menu_of_rows_offers_what_can_be_done_with_them(qtbot: QtBot, desk: Desk) -> None:
    choose(qtbot, desk, 0, 1)
    desk.history_page.table.customContextMenuRequested.emit(QPoint(20, 60))
    menu = next(m for m in desk.history_page.findChildren(QMenu) if m.isVisible())
    titles = [action.text() for action in menu.actions() if action.isEnabled()]
    assert titles == [
        "Star or unstar",
        "Compare two sessions",
        "Export sessions…",
        "Delete sessions",
    ]
    menu.close()


def test_only_rows_that_begin_a_day_are_higher(qtbot: QtBot, desk: Desk) -> None:
    table, view = desk.history.table, desk.history_page.table

    def days_are_higher() -> bool:
        heights = [view.rowHeight(row) for row in range(table.rowCount())]
        usual = view.verticalHeader().defaultSectionSize()
        return [height > usual for height in heights] == [day is not None for day in table.days]

    assert days_are_higher()
    choose(qtbot, desk, 0)
    desk.history.discard_chosen()
    qtbot.waitUntil(lambda: table.rowCount() == 2)
    assert days_are_higher()
    view.horizontalHeader().setSortIndicator(Column.TITLE, Qt.SortOrder.AscendingOrder)
    qtbot.waitUntil(lambda: table.days == (None, None))
    assert days_are_higher()


def test_a_long_list_is_shown_without_a_stall(qtbot: QtBot, theme: Theme) -> None:
    """Measured in time of the processor, which other work on the machine adds nothing to."""
    table = TableModel()
    view = SessionTable(theme, table)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    now = datetime.now(UTC)
    rows = tuple(
        SessionSummary(
            id=f"{n:08d}",
            title=f"Session {n}",
            created=now - timedelta(hours=n),
            kind="compare",
            status="finished",
            contenders=("A", "B"),
            n_replies=2,
            n_jobs=2,
        )
        for n in range(2000)
    )
    begun = time.thread_time()
    table.show_rows(rows, more=False, by_day=True)
    view.grab()
    # A view that asks for the height of each row takes ten times as long.
    assert time.thread_time() - begun < 0.15
