"""Runs that the history does not take: kept in the window, and offered for export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.contract import Event, NotRecorded, Plan, Recorder, Replied, SessionKind
from engine.errors import StorageError
from gui.app import Desk
from gui.collaborators import Bench
from gui.history.export_dialog import ExportDialog
from storage.document import parse
from storage.export import export_sessions
from tests.gui.acting import OpenDesk, draw_up, finish
from tests.gui.fakes import ENVIRONMENT, FakeBench, FakeHistory, Fakes, NoRecorder, whole_run

FULL = "There is no space left on the disk that holds history.sqlite3."


class FullDisk(NoRecorder):
    """Takes the session and its first reply."""

    def __init__(self) -> None:
        self.room = 1

    def record(self, session: str, reply: object) -> None:
        self.room -= 1
        if self.room < 0:
            raise StorageError(FULL)


class RecordingBench(FakeBench):
    """Tells a recorder as the real one does, and gives up at its first fault."""

    def __init__(self, recorder: Recorder | None) -> None:
        super().__init__(self._recorded)
        self._recorder = recorder

    def _recorded(self, plan: Plan) -> Iterator[Event]:
        recorder = self._recorder
        try:
            session = None if recorder is None else recorder.begin(plan, ENVIRONMENT)
        except StorageError as fault:
            yield NotRecorded(reason=str(fault))
            recorder = session = None
        for event in whole_run(plan):
            yield event
            if isinstance(event, Replied) and recorder is not None and session is not None:
                try:
                    recorder.record(session, event.reply)
                except StorageError as fault:
                    recorder = None
                    yield NotRecorded(reason=str(fault))


@pytest.fixture
def desk(open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    def make_bench(recorder: Recorder | None) -> Bench:
        return RecordingBench(recorder)

    class FullHistory(FakeHistory):
        def recorder(self, kind: SessionKind = "compare") -> Recorder:
            return FullDisk()

    fakes = Fakes(tmp_path, history=FullHistory())
    object.__setattr__(fakes.given, "make_bench", make_bench)
    object.__setattr__(fakes.given, "export_sessions", export_sessions)
    made = open_desk(fakes)
    draw_up(made)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    monkeypatch.setattr(ExportDialog, "exec", lambda _: QDialog.DialogCode.Accepted)
    yield made
    made.window.close_at_once()


def run(qtbot: QtBot, desk: Desk) -> None:
    desk.window.page.composer.run.click()
    finish(qtbot, desk)


def answer(monkeypatch: pytest.MonkeyPatch, words: str) -> list[str]:
    """Press this button of the next question; gives what was asked."""
    asked: list[str] = []
    pressed: list[object] = []

    def press(question: QMessageBox) -> int:
        asked.append(question.text())
        pressed.append(next(b for b in question.buttons() if b.text().strip("&") == words))
        return 0

    monkeypatch.setattr(QMessageBox, "exec", press)
    monkeypatch.setattr(QMessageBox, "clickedButton", lambda _: pressed[-1])
    return asked


def test_replies_that_were_not_recorded_are_exported_whole(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    run(qtbot, desk)
    banner = desk.window.page.banners.banners[-1]
    assert banner.text == f"The replies of this session are in this window only. {FULL}"
    banner.acted.emit()
    file = tmp_path / "mine.json"
    qtbot.waitUntil(file.exists)
    session = parse(file.read_bytes(), "mine.json")
    assert len(session.replies) == 3
    assert (session.title, session.status) == ("Why?", "finished")
    assert session.environment == ENVIRONMENT
    qtbot.waitUntil(lambda: not desk.compare.unrecorded.sessions)


def test_what_was_not_recorded_is_seen_before_it_is_exported_and_can_be_cut_down(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(dialog: ExportDialog) -> int:
        assert dialog.form.ending == ".json"
        qtbot.waitUntil(lambda: bool(dialog.preview.text.toPlainText()))
        dialog.choose(".md")
        dialog.paths.setChecked(True)
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(ExportDialog, "exec", look)
    run(qtbot, desk)
    (kept,) = desk.compare.unrecorded.sessions
    desk.window.actions_table.action("export").trigger()
    file = tmp_path / "mine.md"
    qtbot.waitUntil(file.exists)
    assert kept.replies[0].text in file.read_text()


def test_an_export_that_was_given_up_keeps_the_replies(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExportDialog, "exec", lambda _: QDialog.DialogCode.Rejected)
    run(qtbot, desk)
    desk.window.actions_table.action("export").trigger()
    assert len(desk.compare.unrecorded.sessions) == 1


def test_a_run_that_was_recorded_is_not_held(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "make_bench", RecordingBench)
    desk = open_desk(fakes)
    draw_up(desk)
    run(qtbot, desk)
    assert not desk.compare.unrecorded.sessions
    assert not desk.window.page.banners.banners


def test_what_is_chosen_blind_is_exported_with_the_replies(qtbot: QtBot, desk: Desk) -> None:
    desk.compare.draft.edit(blind=True)
    run(qtbot, desk)
    desk.window.page.blind.cards[0].best.click()
    (kept,) = desk.compare.unrecorded.sessions
    assert [vote.blind for vote in kept.votes] == [True]
    assert desk.compare.unrecorded.shown == kept


def test_the_window_asks_before_it_closes_over_them(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(qtbot, desk)
    asked = answer(monkeypatch, "Cancel")
    desk.window.close()
    assert asked == ["1 session could not be recorded and will be lost."]
    assert desk.window.isVisible()
    answer(monkeypatch, "Export…")
    desk.window.close()
    assert desk.window.isVisible()
    qtbot.waitUntil((tmp_path / "mine.json").exists)
    qtbot.waitUntil(lambda: not desk.compare.unrecorded.sessions)
    desk.window.close()
    assert not desk.window.isVisible()


def test_closing_without_them_is_possible(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(qtbot, desk)
    answer(monkeypatch, "Close")
    desk.window.close()
    assert not desk.window.isVisible()


def test_several_runs_are_kept_beside_each_other(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(qtbot, desk)
    run(qtbot, desk)
    assert len(desk.compare.unrecorded.sessions) == 2
    answer(monkeypatch, "Export…")
    desk.window.close()
    qtbot.waitUntil((tmp_path / "mine.jsonl").exists)


def test_without_a_history_runs_are_kept_too(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    def broken() -> FakeHistory:
        raise StorageError("The folder is read-only.")

    fakes = Fakes(tmp_path)
    object.__setattr__(fakes.given, "open_history", broken)
    object.__setattr__(fakes.given, "make_bench", RecordingBench)
    desk = open_desk(fakes)
    draw_up(desk)
    run(qtbot, desk)
    assert desk.window.page.banners.banners[-1].text.endswith("There is no history open.")
    (kept,) = desk.compare.unrecorded.sessions
    assert len(kept.replies) == 3
    desk.window.close_at_once()


def test_a_suite_that_was_not_recorded_is_exported_with_its_verdicts(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    desk.window.show_widget(desk.quality_page)
    desk.quality_page.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: bool(desk.quality.suite.cases.ready_suites))
    desk.quality_page.run.click()
    qtbot.waitUntil(lambda: bool(desk.compare.unrecorded.sessions), timeout=10_000)
    banner = desk.quality_page.banners.banners[-1]
    assert banner.text == f"The replies of this run are in this window only. {FULL}"
    banner.acted.emit()
    file = tmp_path / "mine.json"
    qtbot.waitUntil(file.exists)
    session = parse(file.read_bytes(), "mine.json")
    assert session.kind == "suite"
    assert session.suite is not None
    assert len(session.replies) == len(session.cases) * len(session.contenders)
    assert len(session.scores) == len(session.replies)
    assert len(session.verdicts) == len(session.contenders) - 1
    qtbot.waitUntil(lambda: not desk.compare.unrecorded.sessions)
