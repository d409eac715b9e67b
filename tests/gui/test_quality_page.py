from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyqtgraph
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QTableView
from pytestqt.qtbot import QtBot

from engine.contract import Case, Contender, FidelityDocument, Message, Plan, Runtime, Session
from engine.fidelity import FidelityDone, FidelityPlan, RepliesPlan
from gui.app import Desk
from gui.divergence.divergence_dialog import DivergenceDialog
from gui.quality.cases_popovers import SessionForm
from gui.quality.fidelity_chart import FidelityChart
from gui.quality.fidelity_result import FidelityResult
from storage.folders import database_path
from storage.history import History
from tests.gui.acting import key
from tests.gui.fake_divergence import FakeDivergenceBench
from tests.gui.fake_fidelity import FakeFidelityBench
from tests.gui.fakes import ENVIRONMENT, Fakes, contender, reply_to, session_of
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
    return shown_rows(result.table)


def shown_rows(table: QTableView) -> list[list[str]]:
    model = table.model()
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


@pytest.mark.parametrize("tab", [0, 1])
def test_a_model_that_is_set_against_itself_is_named(tab: int, qtbot: QtBot, quality: Desk) -> None:
    twin = msgspec.structs.replace(F16, name="twin")
    quality.compare.contenders.replace_all((F16, twin, Q2))
    page = quality.quality_page
    page.tabs.setCurrentIndex(tab)
    page.run.click()
    qtbot.waitUntil(lambda: not quality.quality.running)
    told = [banner.text for banner in page.banners.banners if banner.kind == "notice"]
    assert len(told) == 1
    assert told[0].startswith("twin is the reference's own file with the same settings")


def test_a_model_in_other_settings_than_the_reference_is_named(qtbot: QtBot, quality: Desk) -> None:
    without = msgspec.structs.replace(Q2, runtime=Runtime(flash_attention="off"))
    quality.compare.contenders.replace_all((F16, Q8, without))
    page = quality.quality_page
    page.run.click()
    qtbot.waitUntil(lambda: not quality.quality.running)
    (told,) = [banner.text for banner in page.banners.banners if banner.kind == "notice"]
    assert told.startswith(
        f"{Q2.name} and {F16.name} run with different settings (flash attention)"
    )


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
    assert page.findings.progress.isVisible()
    assert page.findings.words.text() == "Chunk 1 of 3"
    assert not page.run.isVisible()
    assert quality.window.focusWidget() is page.stop
    hold.set()
    finish(qtbot, quality)
    assert not page.findings.progress.isVisible()
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
    assert isinstance(plan, FidelityPlan)
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
    texts = [plan.text for plan in fakes.fidelity.plans if isinstance(plan, FidelityPlan)]
    assert texts == ["From a file.", "By hand."]


def test_bundled_texts_can_be_chosen_and_tell_their_source(
    qtbot: QtBot, quality: Desk, fakes: Fakes
) -> None:
    form = quality.quality_page.fidelity_form
    assert form.source.choice == "english"
    assert "Jane Austen" in form.about.text()
    form.source.set_choice("german")
    assert "Licence: CC BY-SA 3.0." in form.about.text()
    quality.quality_page.run.click()
    assert "German technical prose:" in finish(qtbot, quality).scope.text()
    assert isinstance(fakes.fidelity, FakeFidelityBench)
    plan = fakes.fidelity.plans[0]
    assert isinstance(plan, FidelityPlan)
    assert plan.text.startswith("Linux hat in den letzten Jahren")


@pytest.fixture
def prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the file dialog gives."""
    path = tmp_path / "prompts.txt"
    path.write_text("Capital of France?\nAnd of Spain?\nAnd of Italy?\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    return path


def run_on_prompts(qtbot: QtBot, desk: Desk) -> FidelityResult:
    form = desk.quality_page.fidelity_form
    form.source.set_choice("prompts")
    assert desk.quality_page.why.text() == "Choose a file of prompts first."
    form.file.click()
    form.max_tokens.set_number(64)
    desk.quality_page.run.click()
    return finish(qtbot, desk)


def test_my_prompts_are_answered_and_the_worst_places_come_first(
    qtbot: QtBot, quality: Desk, fakes: Fakes, prompts: Path
) -> None:
    told: list[str] = []
    quality.quality.fidelity.progressed.connect(lambda words, _fraction: told.append(words))
    result = run_on_prompts(qtbot, quality)
    form = quality.quality_page.fidelity_form
    assert form.max_tokens.isVisible()
    assert not form.n_ctx.isVisible()
    assert isinstance(fakes.fidelity, FakeFidelityBench)
    plan = fakes.fidelity.plans[0]
    assert isinstance(plan, RepliesPlan)
    assert (plan.name, len(plan.cases), plan.max_tokens) == ("prompts.txt", 3, 64)
    assert "The reference answers: 3 of 3" in told
    assert "Reply 1 of 3" in told
    assert "tokens of 3 replies scored" in result.scope.text()
    assert result.worst.isVisible()
    rows = shown_rows(result.worst.table)
    assert len(rows) == 6
    assert rows[0][:2] == ["3: And of Italy?", "Q2_K"]
    assert rows[-1][:2] == ["1: Capital of France?", "Q8_0"]
    assert rows[0][4:] == ["4: “ is”", "80\u00a0% → 10\u00a0%", "“ was”"]
    assert not nameless(quality.quality_page)


def test_the_replies_of_a_recorded_session_are_put_through_the_models(
    qtbot: QtBot, quality: Desk, fakes: Fakes
) -> None:
    question = Case(id="1", messages=(Message(role="user", content="Capital of France?"),))
    plan_then = Plan(contenders=(F16, Q2), cases=(question,))
    asked = session_of(plan_then, [reply_to(F16.name, text="Paris.")])
    fakes.history.kept = {asked.id: asked}
    form = quality.quality_page.fidelity_form
    form.source.set_choice("session")
    assert quality.quality_page.why.text() == "Choose a session first."
    form.session.click()
    qtbot.waitUntil(lambda: form.findChild(SessionForm) is not None)
    popover = form.findChild(SessionForm)
    assert popover is not None
    assert not popover.answers.isVisible()
    assert not nameless(popover)
    popover.take.click()
    assert form.file_name.isVisible()
    assert not form.max_tokens.isVisible()
    quality.quality_page.run.click()
    finish(qtbot, quality)
    assert isinstance(fakes.fidelity, FakeFidelityBench)
    plan = fakes.fidelity.plans[0]
    assert isinstance(plan, RepliesPlan)
    assert plan.name == asked.title
    assert [reply.text for reply in plan.replies.values()] == ["Paris."]
    assert [case.id for case in plan.cases] == list(plan.replies)


def test_a_reply_is_opened_at_its_worst_token(
    qtbot: QtBot, quality: Desk, fakes: Fakes, prompts: Path
) -> None:
    worst = run_on_prompts(qtbot, quality).worst
    worst.table.selectRow(1)
    worst.show_tokens.click()
    dialog = quality.window.findChild(DivergenceDialog)
    assert isinstance(dialog, DivergenceDialog)
    qtbot.waitUntil(dialog.text.isVisible, timeout=5000)
    assert isinstance(fakes.divergence, FakeDivergenceBench)
    reference, candidate, case, reply = fakes.divergence.asked[0]
    assert (reference.name, candidate.name) == (F16.name, Q8.name)
    assert (case.messages[-1].content, reply) == ("And of Italy?", "Reply 3 is a short one.")
    assert quality.divergence.place == 3
    dialog.reject()


def test_replies_are_not_opened_while_the_machine_is_taken(
    qtbot: QtBot, quality: Desk, prompts: Path
) -> None:
    worst = run_on_prompts(qtbot, quality).worst
    quality.quality.held.emit("Wait for the comparison to end.")
    assert not worst.show_tokens.isEnabled()
    assert worst.why.text() == "Wait for the comparison to end."
    with qtbot.assertNotEmitted(worst.wanted):
        worst.table.activated.emit(worst.table.currentIndex())
    quality.quality.held.emit("")
    assert worst.show_tokens.isEnabled()


def recorded(document: FidelityDocument | None, *contenders: Contender) -> Session:
    case = Case(id="1", messages=(Message(role="user", content="Capital of France?"),))
    return Session(
        id="20261103-000000-fide",
        title="A fidelity run",
        created=datetime(2026, 11, 3, tzinfo=UTC),
        kind="fidelity",
        status="finished",
        environment=ENVIRONMENT,
        contenders=contenders,
        cases=(case,),
        fidelity=document,
    )


def on_one_prompt(*contenders: Contender) -> Session:
    reference, *others = contenders
    session = recorded(None, *contenders)
    plan = RepliesPlan(
        reference=reference, candidates=tuple(others), cases=session.cases, name="p.txt"
    )
    done = list(FakeFidelityBench().run(plan))[-1]
    assert isinstance(done, FidelityDone)
    return msgspec.structs.replace(session, fidelity=done.document)


def test_a_recorded_run_is_shown_as_it_was(qtbot: QtBot, quality: Desk, fakes: Fakes) -> None:
    page = quality.quality_page
    page.tabs.setCurrentIndex(1)
    page.open_fidelity(on_one_prompt(Q8, Q2))
    assert page.tabs.currentIndex() == 0
    result = finish(qtbot, quality)
    assert [row[0] for row in cells(result)] == [Q2.name]
    assert "p.txt: 255 tokens of 1 reply scored." in result.scope.text()
    assert quality.quality.participants.reference == Q8
    with qtbot.waitSignal(page.divergence_wanted) as asked:
        result.worst.show_tokens.click()
    (question,) = asked.args
    assert question.case.messages[-1].content == "Capital of France?"
    assert fakes.fidelity is None


def test_a_recorded_run_without_folders_tells_why_tokens_cannot_be_shown(
    qtbot: QtBot, quality: Desk
) -> None:
    nowhere = msgspec.structs.replace(Q2, model=msgspec.structs.replace(Q2.model, path="Q2_K.gguf"))
    quality.quality_page.open_fidelity(on_one_prompt(Q8, nowhere))
    worst = finish(qtbot, quality).worst
    assert not worst.show_tokens.isEnabled()
    assert worst.why.text() == f"Where the file of {Q2.name} lies is not known."


def test_the_models_of_a_recorded_run_are_measured_on_something_else(
    qtbot: QtBot, quality: Desk
) -> None:
    page = quality.quality_page
    page.change_fidelity(recorded(None, Q2, Q8))
    assert quality.quality.participants.reference == Q2
    assert quality.quality.participants.candidates == (Q8,)
    assert "were measured on: choose it" in page.banners.banners[-1].text


def test_a_recorded_run_that_found_nothing_says_so(qtbot: QtBot, quality: Desk) -> None:
    page = quality.quality_page
    page.open_fidelity(recorded(None, Q8, Q2))
    assert page.banners.banners[0].text == "Nothing was measured before this run ended."


def test_after_a_text_there_are_no_worst_places(qtbot: QtBot, quality: Desk, prompts: Path) -> None:
    run_on_prompts(qtbot, quality)
    quality.quality_page.fidelity_form.source.set_choice("code")
    quality.quality_page.run.click()
    assert not finish(qtbot, quality).worst.isVisible()


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


def test_the_noise_floor_is_named_above_the_first_of_many_candidates(
    qtbot: QtBot, quality: Desk
) -> None:
    many = [contender(f"Q{n}_K") for n in range(2, 7)]
    quality.compare.contenders.replace_all((F16, *many))
    quality.quality_page.run.click()
    result = finish(qtbot, quality)
    qtbot.waitUntil(lambda: isinstance(result.chart, FidelityChart), timeout=10_000)
    assert isinstance(result.chart, FidelityChart)
    view = result.chart.plot.view
    (rule,) = [each for each in view.items() if isinstance(each, pyqtgraph.InfiniteLine)]
    low, high = view.viewRange()[1]
    assert low + rule.label.orthoPos * (high - low) > len(many) - 1 + 0.3


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
    for source in ("file", "pasted", "prompts", "session"):
        page.fidelity_form.source.set_choice(source)
        assert not nameless(page)
    page.fidelity_form.source.set_choice("english")
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
    with History.open(database_path()) as history:
        (summary,) = history.sessions(10)
    assert (summary.kind, summary.status) == ("fidelity", "finished")
    desk.quality.fidelity.document = None
    desk.opener.open(summary.id)
    qtbot.waitUntil(lambda: desk.quality.fidelity.document == document)
