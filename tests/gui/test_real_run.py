"""The window as it is started, with the real engine, history and model files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import psutil
import pytest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog
from pytestqt.qtbot import QtBot

import gui.start
from engine.contract import Contender, Runtime, Sampling
from gui.app import Desk
from gui.collaborators import Collaborators, Progress
from gui.divergence.divergence_dialog import DivergenceDialog
from gui.history.export_dialog import ExportDialog
from tests.gui.fakes import Fakes

RUN_LIMIT_MS = 120_000
END_LIMIT_S = 30
MAX_TOKENS = 16

OpenReal = Callable[[], Desk]


class Started(Fakes):
    """What the program's start hands to the window."""

    def __init__(self, given: Collaborators) -> None:
        self.given = given


@pytest.fixture
def open_real(
    open_desk: Callable[..., Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> OpenReal:
    monkeypatch.setenv("STEELYARD_HOME", str(tmp_path / "home"))
    handed: list[Collaborators] = []

    def main(_: list[str], given: Collaborators) -> int:
        handed.append(given)
        return 0

    monkeypatch.setattr(gui.start, "main", main)
    assert gui.start.start_window() == 0
    given = dataclasses.replace(handed[0], demo=partial(_slim_demo, handed[0].demo))
    return lambda: open_desk(Started(given))


def _slim_demo(
    demo: Callable[[Progress], tuple[Contender, ...]], on_progress: Progress
) -> tuple[Contender, ...]:
    """One thread: two wait for each other where the machine has other work."""
    slim = Runtime(n_ctx=1024, threads=1)
    return tuple(msgspec.structs.replace(each, runtime=slim) for each in demo(on_progress))


@pytest.fixture
def two_models(
    qtbot: QtBot, open_real: OpenReal, small_model: Path, quantized: dict[str, Path]
) -> Desk:
    """A window with two quantizations of the small model and a prompt, ready to run."""
    desk = open_real()
    desk.compare.add_files([small_model, quantized["Q2_K"]])
    qtbot.waitUntil(lambda: len(desk.compare.contenders.contenders) == 2)
    # One thread: two wait for each other where the machine has other work.
    small = Runtime(n_ctx=1024, threads=1)
    for each in desk.compare.contenders.contenders:
        desk.compare.contenders.change(each.name, msgspec.structs.replace(each, runtime=small))
    desk.window.page.composer.prompt.setPlainText("Why is the sky blue?")
    desk.compare.draft.edit(sampling=Sampling(max_tokens=MAX_TOKENS))
    return desk


def run(qtbot: QtBot, desk: Desk) -> None:
    desk.window.page.composer.run.click()
    qtbot.waitUntil(lambda: not desk.compare.running, timeout=RUN_LIMIT_MS)
    qtbot.waitUntil(lambda: not desk.window.page.columns.rendering)


@pytest.mark.slow
def test_real_models_answer_side_by_side_and_are_recorded(
    qtbot: QtBot,
    two_models: Desk,
    open_real: OpenReal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = two_models
    desk.window.page.composer.repeats.set_number(2)
    run(qtbot, desk)
    seen = {}
    for column in desk.window.page.columns.columns:
        assert column.badge.text() == "done"
        assert column.reply.text.strip()
        assert column.figures.speed.text().startswith("median ")
        assert "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}2" in column.figures.words.text()
        reply = column.view.reply
        assert reply is not None
        assert reply.timing.generated_tokens
        assert reply.timing.generated_tokens <= MAX_TOKENS
        seen[column.contender.name] = (column.reply.text, column.figures.words.text())
    session_id = desk.compare.board.session_id
    assert session_id is not None

    qtbot.waitUntil(lambda: desk.sessions.rowCount() == 1)
    exported = tmp_path / "session.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(exported), ""))

    def agree(dialog: ExportDialog) -> int:
        dialog.choose(".json")
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(ExportDialog, "exec", agree)
    desk.window.actions_table.action("export").trigger()
    qtbot.waitUntil(exported.is_file)
    document = json.loads(exported.read_bytes())
    assert document["id"] == session_id
    assert len(document["replies"]) == 4
    desk.window.close()

    again = open_real()
    again.opener.open(session_id)
    columns = again.window.page.columns
    qtbot.waitUntil(lambda: again.compare.board.session_id == session_id)
    qtbot.waitUntil(lambda: not columns.rendering)
    shown = {c.contender.name: (c.reply.text, c.figures.words.text()) for c in columns.columns}
    assert shown == seen


@pytest.mark.slow
def test_escape_during_a_real_run_keeps_what_was_said(qtbot: QtBot, two_models: Desk) -> None:
    desk = two_models
    desk.compare.draft.edit(sampling=Sampling(max_tokens=2000, min_p=0.0))
    desk.window.page.composer.prompt.setPlainText("Count from one to a thousand in words.")
    desk.window.page.composer.run.click()
    first = desk.window.page.columns.columns[0]
    qtbot.waitUntil(lambda: len(first.reply.text) > 20, timeout=RUN_LIMIT_MS)
    desk.compare.stop()
    qtbot.waitUntil(lambda: not desk.compare.running)
    assert first.badge.text() in {"stopped", "done"}
    assert len(first.reply.text) > 20
    assert desk.compare.board.status == "stopped"


@pytest.mark.slow
def test_closing_during_a_real_run_ends_the_workers(qtbot: QtBot, two_models: Desk) -> None:
    desk = two_models
    desk.compare.draft.edit(sampling=Sampling(max_tokens=2000))
    desk.window.page.composer.run.click()
    first = desk.window.page.columns.columns[0]
    qtbot.waitUntil(lambda: bool(first.reply.text), timeout=RUN_LIMIT_MS)
    workers = psutil.Process().children(recursive=True)
    assert workers
    desk.window.close()
    _, alive = psutil.wait_procs(workers, timeout=END_LIMIT_S)
    assert not alive


def test_a_file_that_is_no_model_is_told_in_a_sentence(
    qtbot: QtBot, open_real: OpenReal, tmp_path: Path
) -> None:
    desk = open_real()
    wrong = tmp_path / "notes.gguf"
    wrong.write_text("These are notes.")
    desk.compare.add_files([wrong, tmp_path / "missing.gguf"])
    banners = desk.window.page.banners
    qtbot.waitUntil(lambda: len(banners.banners) == 2)
    assert all("gguf" in banner.text for banner in banners.banners)
    assert not desk.compare.contenders.contenders


@pytest.mark.slow
def test_the_demo_makes_its_models_on_the_spot_and_compares_them(
    qtbot: QtBot, qapp: QApplication, open_real: OpenReal
) -> None:
    desk = open_real()
    desk.compare.draft.edit(sampling=Sampling(max_tokens=8))
    desk.window.page.empty.demo.click()
    qtbot.waitUntil(lambda: desk.compare.board.status == "finished", timeout=RUN_LIMIT_MS)
    qtbot.waitUntil(lambda: not desk.window.page.columns.rendering)
    columns = desk.window.page.columns.columns
    assert len(columns) == 3
    assert all(column.badge.text() == "done" for column in columns)
    assert all(column.reply.text for column in columns)


@pytest.mark.slow
def test_closing_while_the_demo_is_made_leaves_nothing_running(
    qtbot: QtBot, open_real: OpenReal, tmp_path: Path
) -> None:
    desk = open_real()
    told: list[str] = []
    desk.compare.demo.progressed.connect(lambda text, fraction: told.append(text))
    desk.window.page.empty.demo.click()
    workers: list[psutil.Process] = []

    def one_works() -> bool:
        """A file's worker begins after it is told, and may have ended before the window hears of it."""
        workers[:] = psutil.Process().children(recursive=True)
        return bool(told and workers)

    qtbot.waitUntil(one_works, timeout=RUN_LIMIT_MS)
    desk.window.close()
    _, alive = psutil.wait_procs(workers, timeout=END_LIMIT_S)
    assert not alive
    assert not list((tmp_path / "home").rglob("*.part"))


@pytest.mark.slow
def test_real_models_tell_where_one_would_leave_the_others_reply(
    qtbot: QtBot, two_models: Desk
) -> None:
    desk = two_models
    run(qtbot, desk)
    first = desk.window.page.columns.columns[0]
    first.diverge.click()
    dialog = desk.window.findChild(DivergenceDialog)
    assert isinstance(dialog, DivergenceDialog)
    qtbot.waitUntil(dialog.text.isVisible, timeout=RUN_LIMIT_MS)
    found = desk.divergence.result
    assert found is not None
    assert 0 < len(found.tokens) <= MAX_TOKENS + 1
    assert dialog.text.toPlainText().replace("↵\n", "\n") == first.reply.text
    assert dialog.sentence.text()
    assert dict(dialog.details.words)["Rank for Q2_K"]
    assert len(dialog.details.lists[1].texts) == 5
    dialog.end.click()
