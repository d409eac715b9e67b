from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.contract import Runtime
from gui.app import Desk
from gui.quality.fidelity_chart import FidelityChart
from gui.quality.fidelity_result import FidelityResult
from tests.gui.acting import key
from tests.gui.fake_fidelity import FakeFidelityBench
from tests.gui.fakes import Fakes, contender
from tests.gui.test_accessibility import nameless
from tests.gui.test_real_run import OpenReal, open_real

__all__ = ["open_real"]

F16, Q8, Q2 = contender("F16", 271_000_000), contender("Q8_0", 145_000_000), contender("Q2_K")
REAL_LIMIT_MS = 60_000


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path)


@pytest.fixture
def quality(open_desk: Callable[..., Desk], fakes: Fakes) -> Desk:
    desk = open_desk(fakes)
    desk.compare.contenders.replace_all((Q8, F16, Q2))
    show_quality(desk)
    desk.quality_page.fidelity_form.chunks.set_number(3)
    return desk


def show_quality(desk: Desk) -> None:
    desk.window.actions_table.action("page1").trigger()


def finish(qtbot: QtBot, desk: Desk, limit_ms: int = 5000) -> FidelityResult:
    qtbot.waitUntil(lambda: not desk.quality.running, timeout=limit_ms)
    result = desk.quality_page.result
    assert isinstance(result, FidelityResult)
    return result


def cells(result: FidelityResult) -> list[list[str]]:
    model = result.table.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_a_run_ends_in_a_table_with_a_sentence_for_each_candidate(
    qtbot: QtBot, quality: Desk
) -> None:
    quality.quality_page.run.click()
    result = finish(qtbot, quality)
    rows = cells(result)
    assert [row[0] for row in rows] == [Q8.name, Q2.name]
    assert [row[-1] for row in rows] == ["no difference", "differs"]
    assert "shows no difference" in result.words.text()
    assert f"{Q2.name} would write the same next token" in result.words.text()
    assert "Noise floor" in result.noise.text()
    qtbot.waitUntil(lambda: isinstance(result.chart, FidelityChart), timeout=10_000)


def test_estimates_are_shown_while_the_run_goes_on(
    qtbot: QtBot, quality: Desk, fakes: Fakes
) -> None:
    hold = threading.Event()
    fakes.fidelity = FakeFidelityBench(hold)
    page = quality.quality_page
    page.run.setFocus()
    page.run.click()
    qtbot.waitUntil(lambda: len(quality.quality.fidelity.running_estimates) == 2)
    assert isinstance(page.result, FidelityResult)
    assert [row[-1] for row in cells(page.result)] == ["running", "running"]
    assert page.progress.isVisible()
    assert page.progress_words.text() == "Chunk 1 of 3"
    assert not page.run.isVisible()
    assert quality.window.focusWidget() is page.stop
    hold.set()
    finish(qtbot, quality)
    assert not page.progress.isVisible()
    assert page.run.isVisible()


def test_the_keys_of_run_and_stop_act_on_the_page_that_is_shown(
    qtbot: QtBot, quality: Desk, fakes: Fakes
) -> None:
    fakes.fidelity = FakeFidelityBench(threading.Event())
    page = quality.quality_page
    key(qtbot, page.run, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(quality.quality.fidelity.running_estimates))
    assert not quality.compare.running
    key(qtbot, page.stop, Qt.Key.Key_Escape)
    result = finish(qtbot, quality)
    assert "Ended early: stopped by the user." in result.scope.text()


def test_unticking_a_candidate_leaves_it_out(qtbot: QtBot, quality: Desk) -> None:
    page = quality.quality_page
    assert [tick.isChecked() for tick in page.participants.ticks] == [True, True]
    page.participants.ticks[0].click()
    page.run.click()
    assert [row[0] for row in cells(finish(qtbot, quality))] == [Q2.name]
    page.participants.ticks[1].click()
    assert not page.run.isEnabled()
    assert page.why.text() == "Tick at least one candidate."


def test_another_reference_can_be_chosen(qtbot: QtBot, quality: Desk, fakes: Fakes) -> None:
    page = quality.quality_page
    page.participants.reference.set_choice(Q8.name)
    page.participants.reference.activated.emit(page.participants.reference.currentIndex())
    page.run.click()
    finish(qtbot, quality)
    assert isinstance(fakes.fidelity, FakeFidelityBench)
    assert fakes.fidelity.plans[0].reference == Q8


def test_the_settings_reach_the_run(qtbot: QtBot, quality: Desk, fakes: Fakes) -> None:
    form = quality.quality_page.fidelity_form
    assert form.until.text() == "run to the end"
    form.n_ctx.set_number(256)
    form.until.set_number(0.005)
    form.noise_floor.click()
    quality.quality_page.run.click()
    result = finish(qtbot, quality)
    assert isinstance(fakes.fidelity, FakeFidelityBench)
    plan = fakes.fidelity.plans[0]
    assert (plan.n_ctx, plan.max_chunks, plan.until, plan.noise_floor) == (256, 3, 0.005, False)
    assert "was not measured" in result.noise.text()
    assert [row[-1] for row in cells(result)] == ["–", "–"]


def test_a_chosen_file_and_pasted_text_are_measured(
    qtbot: QtBot,
    quality: Desk,
    fakes: Fakes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = quality.quality_page.fidelity_form
    notes = tmp_path / "notes.txt"
    notes.write_text("From a file.")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(notes), ""))
    form.source.set_choice("file")
    assert quality.quality_page.why.text() == "Choose a text file first."
    form.file.click()
    assert form.file_name.text() == "notes.txt"
    quality.quality_page.run.click()
    finish(qtbot, quality)
    form.source.set_choice("pasted")
    form.pasted.setPlainText("By hand.")
    quality.quality_page.run.click()
    finish(qtbot, quality)
    assert isinstance(fakes.fidelity, FakeFidelityBench)
    assert [plan.text for plan in fakes.fidelity.plans] == ["From a file.", "By hand."]


def test_the_result_can_be_copied(qtbot: QtBot, quality: Desk) -> None:
    quality.quality_page.run.click()
    result = finish(qtbot, quality)
    clipboard = QGuiApplication.clipboard()
    result.copy_text.click()
    assert "Mean KLD" in clipboard.text()
    result.copy_json.click()
    assert json.loads(clipboard.text())["reference"]["name"] == F16.name


def test_the_percentiles_are_folded_until_they_are_wanted(qtbot: QtBot, quality: Desk) -> None:
    quality.quality_page.run.click()
    result = finish(qtbot, quality)
    assert not result.details.isVisible()
    result.fold.click()
    assert result.details.isVisible()
    names = [result.details.model().index(row, 0).data() for row in range(30)]
    assert "99.9 % KLD" in names


def test_every_chart_can_be_shown_in_both_looks(qtbot: QtBot, quality: Desk) -> None:
    quality.quality_page.run.click()
    result = finish(qtbot, quality)
    qtbot.waitUntil(lambda: result.chart is not None, timeout=10_000)
    for choice in ("same_top", "size", "kld"):
        result.chart_choice.set_choice(choice)
        for scheme in ("dark", "light"):
            quality.theme.choose(scheme)
        chart = result.chart
        assert isinstance(chart, FidelityChart)
        for side in ("left", "bottom"):
            assert chart.plot.view.getAxis(side).autoSIPrefixScale == 1.0
        qtbot.waitUntil(chart.isVisible)


def test_a_file_that_is_no_model_is_told_on_this_page(
    qtbot: QtBot, quality: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (["/a/notes.txt"], ""))
    page = quality.quality_page
    page.participants.add.click()
    qtbot.waitUntil(lambda: bool(page.banners.banners))
    assert "notes.txt is not a GGUF file" in page.banners.banners[0].text


def test_everything_the_keyboard_reaches_on_the_page_has_a_name(
    qtbot: QtBot, quality: Desk
) -> None:
    page = quality.quality_page
    for source in ("file", "pasted"):
        page.fidelity_form.source.set_choice(source)
        assert not nameless(page)
    page.fidelity_form.source.set_choice("python")
    page.run.click()
    finish(qtbot, quality).fold.click()
    assert not nameless(page)


def test_closing_the_window_during_a_run_ends_it(qtbot: QtBot, quality: Desk, fakes: Fakes) -> None:
    fakes.fidelity = FakeFidelityBench(threading.Event())
    quality.quality_page.run.click()
    qtbot.waitUntil(lambda: bool(quality.quality.fidelity.running_estimates))
    quality.window.close()
    assert quality.close()


@pytest.mark.slow
def test_real_models_are_measured_against_each_other(
    qtbot: QtBot, open_real: OpenReal, small_model: Path, quantized: dict[str, Path]
) -> None:
    desk = open_real()
    show_quality(desk)
    desk.quality.add_files([small_model, quantized["Q2_K"]])
    qtbot.waitUntil(lambda: len(desk.compare.contenders.contenders) == 2, timeout=10_000)
    for each in desk.compare.contenders.contenders:
        slow = msgspec.structs.replace(each, runtime=Runtime(threads=1))
        desk.compare.contenders.change(each.name, slow)
    page = desk.quality_page
    page.fidelity_form.n_ctx.set_number(128)
    page.fidelity_form.chunks.set_number(2)
    page.run.click()
    result = finish(qtbot, desk, REAL_LIMIT_MS)
    assert not page.banners.banners
    document = desk.quality.fidelity.document
    assert document is not None
    assert document.chunks == 2
    row = cells(result)[0]
    assert "Q2_K" in row[0]
    assert row[-1] == "differs"
    assert document.noise_floor is not None
