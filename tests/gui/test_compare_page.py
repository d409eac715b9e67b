from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.contract import Began, Event, Finished, Notice, Plan, Replied
from gui.app import Desk
from gui.compare.chips import CHIP_MIME
from gui.compare.runtime_form import RuntimeForm
from tests.gui.acting import (
    A,
    B,
    C,
    OpenDesk,
    column_text,
    draw_up,
    finish,
    held_run,
    key,
)
from tests.gui.fakes import (
    FakeBench,
    Fakes,
    failure,
    reply_to,
    whole_run,
)


def test_an_empty_window_offers_the_demo_and_runs_it(qtbot: QtBot, desk: Desk) -> None:
    page = desk.window.page
    assert page.empty.isVisible()
    page.empty.demo.click()
    qtbot.waitUntil(lambda: desk.compare.board.status == "finished")
    finish(qtbot, desk)
    assert not page.empty.isVisible()
    assert len(page.columns.columns) == 3
    assert column_text(desk, A.name) == "An answer."


def test_the_demo_shows_how_far_it_is(desk: Desk) -> None:
    empty = desk.window.page.empty
    empty.show_progress("Making Q8_0…", 0.4)
    assert empty._progress.isVisible()
    assert empty._progress.value() == 400
    assert not empty.demo.isEnabled()
    empty.end_progress()
    assert empty.demo.isEnabled()


def test_removing_the_last_model_leads_back_to_the_offer(desk: Desk) -> None:
    desk.compare.contenders.replace_all((A,))
    assert not desk.window.page.empty.isVisible()
    chip = desk.window.page.chips.chips[0]
    chip.remove_wanted.emit()
    assert desk.window.page.empty.isVisible()


def test_files_can_be_dropped_anywhere(qtbot: QtBot, desk: Desk) -> None:
    desk.compare.contenders.replace_all((A,))
    takers = [
        type(widget).__name__
        for widget in desk.window.page.findChildren(QWidget)
        if widget.acceptDrops() and not isinstance(widget, QLineEdit)
    ]
    assert takers == ["ChipRow"]
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile("/m/x.Q8_0.gguf")])
    desk.window.page.chips.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            dropped,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    qtbot.waitUntil(lambda: len(desk.window.page.chips.chips) == 2)


def test_files_dropped_on_the_window_become_chips(qtbot: QtBot, desk: Desk) -> None:
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile("/m/x.Q8_0.gguf"), QUrl.fromLocalFile("/m/x.Q2_K.gguf")])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        dropped,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    desk.window.dropEvent(event)
    qtbot.waitUntil(lambda: len(desk.window.page.chips.chips) == 2)
    assert event.isAccepted()


def test_files_are_chosen_in_a_dialog(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_: object) -> tuple[list[str], str]:
        return ["/m/x.Q8_0.gguf", "/m/y.txt"], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", answer)
    desk.window.actions_table.action("add").trigger()
    qtbot.waitUntil(lambda: len(desk.window.page.chips.chips) == 1)
    banners = desk.window.page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert banners.banners[0].kind == "error"
    assert "is not a GGUF file" in banners.banners[0].text


def test_a_chip_opens_the_settings_and_they_take_effect_at_once(qtbot: QtBot, desk: Desk) -> None:
    desk.compare.contenders.replace_all((A, B))
    page = desk.window.page
    key(qtbot, page.chips.chips[1], Qt.Key.Key_Return)
    form = page.findChild(RuntimeForm)
    assert form is not None
    form.threads.set_number(3)
    assert desk.compare.contenders.contenders[1].runtime.threads == 3
    form.name.setText("Mine")
    form.name.editingFinished.emit()
    form.threads.set_number(4)
    assert [each.name for each in desk.compare.contenders.contenders] == [A.name, "Mine"]
    assert desk.compare.contenders.contenders[1].runtime.threads == 4
    form.close()


def test_duplicate_opens_the_copy_s_settings(desk: Desk) -> None:
    desk.compare.contenders.replace_all((A,))
    page = desk.window.page
    page.chips.chips[0].duplicate_wanted.emit()
    form = page.findChild(RuntimeForm)
    assert form is not None
    assert form.name.text() == f"{A.name} (2)"
    assert len(page.chips.chips) == 2
    form.close()


def test_chips_are_moved_and_removed_by_keyboard(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    chips = desk.window.page.chips
    key(qtbot, chips.chips[0], Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert [chip.contender for chip in chips.chips] == [B, A, C]
    key(qtbot, chips.chips[0], Qt.Key.Key_Delete)
    assert [chip.contender for chip in chips.chips] == [A, C]
    assert [each.contender for each in desk.window.page.columns.columns] == [A, C]


def test_a_chip_dropped_before_another_takes_its_place(desk: Desk) -> None:
    draw_up(desk)
    chips = desk.window.page.chips
    dragged = QMimeData()
    dragged.setData(CHIP_MIME, C.name.encode())
    before_first = chips.chips[0].geometry().topLeft() + QPoint(2, 2)
    chips.dropEvent(
        QDropEvent(
            QPointF(before_first),
            Qt.DropAction.MoveAction,
            dragged,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    assert [each.name for each in desk.compare.contenders.contenders] == [C.name, A.name, B.name]


def test_ctrl_enter_in_the_prompt_runs_and_escape_stops(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(Fakes(tmp_path, FakeBench(held_run)))
    draw_up(desk)
    prompt = desk.window.page.composer.prompt
    key(qtbot, prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.compare.running
    assert prompt.toPlainText() == "Why?"
    qtbot.waitUntil(lambda: column_text(desk, A.name) == "It is")
    key(qtbot, prompt, Qt.Key.Key_Escape)
    finish(qtbot, desk)
    column = desk.window.page.columns.column(A.name)
    assert column is not None
    assert column.badge.text() == "stopped"
    assert column.reply.text == "Cut"


def test_run_says_why_it_cannot_be_used(qtbot: QtBot, desk: Desk) -> None:
    composer = desk.window.page.composer
    desk.compare.contenders.replace_all((A,))
    assert not composer.run.isEnabled()
    assert composer.run.toolTip() == composer.reason.text() == "Write a prompt first."
    composer.prompt.setPlainText("Why?")
    assert composer.run.isEnabled()
    assert composer.reason.text() == ""
    assert not composer.together.isEnabled()
    assert "two models" in composer.together.toolTip()


def test_run_and_stop_take_turns_and_models_are_locked_meanwhile(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(Fakes(tmp_path, FakeBench(held_run)))
    draw_up(desk)
    composer, chips = desk.window.page.composer, desk.window.page.chips
    composer.run.click()
    assert composer.stop.isVisible()
    assert not composer.run.isVisible()
    assert not chips.add.isEnabled()
    assert chips.add.toolTip() == "Stop the comparison first."
    qtbot.waitUntil(lambda: desk.compare.board.session_id == "s1")
    composer.stop.click()
    finish(qtbot, desk)
    assert composer.run.isVisible()
    assert chips.add.isEnabled()


def test_a_column_tells_its_state_and_then_its_figures(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    column = desk.window.page.columns.column(C.name)
    assert column is not None
    assert column.badge.text() == "done"
    assert column.figures.speed.text() == "90.0 tok/s"
    assert column.figures.award.text() == "Fastest"
    assert "stop:\N{NO-BREAK SPACE}end" in column.figures.words.text()
    slowest = desk.window.page.columns.column(A.name)
    assert slowest is not None
    assert not slowest.figures.award.isVisible()


def test_a_failure_says_why_in_its_column_and_the_others_go_on(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    def script(plan: Plan) -> Iterator[Event]:
        yield Began(session="s1")
        yield failure(A.name, "The worker was killed.", ["out of memory"])
        yield Replied(reply=reply_to(B.name))
        yield Notice(text="It got hot.")
        yield Finished(status="finished", elapsed_s=1)

    desk = open_desk(Fakes(tmp_path, FakeBench(script)))
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    failed, done = desk.window.page.columns.columns[:2]
    assert failed.badge.text() == "failed"
    assert failed.failure.isVisible()
    assert failed.failure.sentence.text() == "The worker was killed."
    assert done.badge.text() == "done"
    assert not done.failure.isVisible()
    assert [each.text for each in desk.window.page.banners.banners] == ["It got hot."]


def test_the_warnings_of_a_run_share_a_banner_that_goes_with_the_next_run(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    def script(plan: Plan) -> Iterator[Event]:
        yield from whole_run(plan)
        if plan.repeats == 1:
            yield Notice(text="It got hot.")
            yield Notice(text="It got loud.")

    desk = open_desk(Fakes(tmp_path, FakeBench(script)))
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    banners = desk.window.page.banners
    assert [each.text for each in banners.banners] == ["It got hot.\nIt got loud."]
    desk.compare.draft.edit(repeats=2)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    assert not banners.banners


def test_copy_takes_the_reply_as_it_was_written(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    desk.window.page.columns.columns[0].copy.click()
    assert QGuiApplication.clipboard().text() == "An answer."


def test_details_open_with_all_figures_of_the_reply(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    figures = desk.window.page.columns.columns[0].figures
    figures.details.click()
    popover = QApplication.activePopupWidget()
    assert popover is not None
    assert popover.accessibleName() == A.name
    popover.close()


def test_changed_settings_are_told_beside_the_older_reply(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    desk.window.page.open_settings(A.name)
    form = desk.window.page.findChild(RuntimeForm)
    assert form is not None
    form.n_ctx.set_number(512)
    form.close()
    column = desk.window.page.columns.columns[0]
    assert column.reply.text == "An answer."
    assert column._hint.text() == "The settings were changed after this reply."


def test_repeats_can_be_leafed_through(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.window.page.composer.repeats.set_number(3)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    column = desk.window.page.columns.columns[0]
    assert column._repeat.text() == "3 of 3"
    assert not column.later.isEnabled()
    column.earlier.click()
    assert column._repeat.text() == "2 of 3"
    assert column.figures.speed.text().startswith("median ")


def test_no_timer_ticks_once_a_run_is_over(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.window.page.composer.run.click()
    qtbot.waitUntil(lambda: desk.window.page.columns.painting)
    finish(qtbot, desk)
    qtbot.waitUntil(lambda: not desk.window.page.columns.painting)


def test_one_column_can_be_shown_alone_and_all_again(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    columns = desk.window.page.columns
    columns.columns[1].maximise.click()
    assert [column.isVisible() for column in columns.columns] == [False, True, False]
    columns.columns[1].maximise.click()
    assert all(column.isVisible() for column in columns.columns)
    desk.window.actions_table.action("alone").trigger()
    assert sum(column.isVisible() for column in columns.columns) == 1


def test_columns_scroll_as_one_when_asked(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    text = "\n\n".join(f"Paragraph {n}" for n in range(80))

    def script(plan: Plan) -> Iterator[Event]:
        yield from whole_run(plan, text)

    desk = open_desk(Fakes(tmp_path, FakeBench(script)))
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    first, second = (c.reply.area.verticalScrollBar() for c in desk.window.page.columns.columns[:2])
    first.setValue(0)
    second.setValue(0)
    first.setValue(first.maximum())
    assert second.value() == 0
    desk.window.actions_table.action("scroll").trigger()
    first.setValue(0)
    first.setValue(first.maximum())
    assert second.value() == second.maximum() > 0


def test_raw_text_is_switched_for_all_columns_at_once(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    desk.window.actions_table.action("raw").trigger()
    assert all(column.reply.raw for column in desk.window.page.columns.columns)
    assert desk.window.actions_table.action("raw").isChecked()


def test_ctrl_and_a_number_goes_to_a_column(qtbot: QtBot, desk: Desk) -> None:
    draw_up(desk)
    key(qtbot, desk.window.page.composer.prompt, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert desk.window.page.columns.focused() == B.name
