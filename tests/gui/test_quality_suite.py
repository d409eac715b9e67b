"""Suites on the Quality page: cases, verdicts, evidence."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.contract import (
    Began,
    Event,
    Failed,
    Finished,
    Loading,
    Plan,
    Replied,
    Runtime,
)
from engine.quality.generators.ready import ready_suite
from gui.app import Desk
from gui.divergence.divergence_dialog import DivergenceDialog
from gui.quality.cases_model import FILE
from gui.quality.overrule_form import OverruleForm
from gui.quality.suite_cases import SuiteCases
from gui.quality.suite_result import SuiteResult
from tests.gui.fakes import FakeBench, Fakes, contender, reply_to
from tests.gui.test_accessibility import nameless
from tests.gui.test_real_run import OpenReal, open_real

__all__ = ["open_real"]

F16, Q8, Q2 = contender("F16", 271_000_000), contender("Q8_0", 145_000_000), contender("Q2_K")
ANSWERS = {each.id: each.answers[0] for each in ready_suite("arithmetic", 50).cases}
FAILS_EVERY = {F16.name: 10, Q8.name: 10, Q2.name: 2}
REAL_LIMIT_MS = 90_000


def answered(plan: Plan) -> Iterator[Event | threading.Event]:
    """Everybody is right but in every tenth case; the smallest fails every second one."""
    yield Began(session="s1")
    for each in plan.contenders:
        yield Loading(contender=each.name, fraction=1.0)
        for number, case in enumerate(plan.cases):
            right = number % FAILS_EVERY[each.name] != 0
            text = ANSWERS[case.id] if right else "I cannot tell."
            yield Replied(reply=reply_to(each.name, case=case.id, text=text))
    yield Finished(status="finished", elapsed_s=3.0)


def stuck(plan: Plan) -> Iterator[Event | threading.Event]:
    """The run stands still after six replies until it is stopped."""
    replies = 0
    for event in answered(plan):
        if isinstance(event, Replied):
            replies += 1
            if replies == 7:
                yield threading.Event()
                yield Finished(status="stopped", elapsed_s=1.0)
                return
        yield event


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path, bench=FakeBench(answered))


@pytest.fixture
def cases(qtbot: QtBot, open_desk: Callable[..., Desk], fakes: Fakes) -> Desk:
    desk = open_desk(fakes)
    desk.compare.contenders.replace_all((Q8, F16, Q2))
    show_cases(qtbot, desk)
    return desk


def show_cases(qtbot: QtBot, desk: Desk) -> None:
    desk.window.actions_table.action("page1").trigger()
    desk.quality_page.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: bool(desk.quality.suite.cases.ready_suites))


def finish(qtbot: QtBot, desk: Desk, limit_ms: int = 10_000) -> SuiteResult:
    qtbot.waitUntil(lambda: not desk.quality.running, timeout=limit_ms)
    verdicts = desk.quality_page.verdicts
    assert isinstance(verdicts, SuiteResult)
    return verdicts


def test_every_candidate_gets_a_verdict_with_its_sentence(qtbot: QtBot, cases: Desk) -> None:
    cases.quality_page.run.click()
    verdicts = finish(qtbot, cases)
    near, far = verdicts.cards
    assert near.badge.text().startswith("not enough cases: about ")
    assert far.badge.text() == "worse"
    assert "On 50 of your cases" in far.sentence.text()
    assert "passes 20 fewer" in far.sentence.text()


def test_a_margin_that_is_wide_enough_makes_the_equal_one_good_enough(
    qtbot: QtBot, cases: Desk
) -> None:
    cases.quality_page.suite_form.margin.set_number(12.0)
    cases.quality_page.run.click()
    near, _ = finish(qtbot, cases).cards
    assert near.badge.text() == "good enough"


def test_cases_that_differ_are_listed_with_what_the_checks_found(qtbot: QtBot, cases: Desk) -> None:
    cases.quality_page.run.click()
    verdicts = finish(qtbot, cases)
    model = verdicts.cases.cases.model()
    assert model.rowCount() == 20
    assert verdicts.cases.title.text() == "20 of 50 cases came out differently"
    marks = [model.index(0, column).data() for column in range(1, 4)]
    assert marks == ["passed", "passed", "failed"]
    verdicts.cases.cases.selectRow(3)
    assert "I cannot tell." in verdicts.cases.evidence.toPlainText()
    assert "failed: exact-match" in verdicts.cases.evidence.toPlainText()


def differently_wrong(plan: Plan) -> Iterator[Event | threading.Event]:
    """Where all are wrong, one is wrong in other words, after a character of two UTF-16 units."""
    for event in answered(plan):
        if isinstance(event, Replied) and event.reply.contender == Q8.name:
            text = event.reply.text.replace("I cannot tell.", "I 🤷 never tell.")
            yield Replied(reply=msgspec.structs.replace(event.reply, text=text))
        else:
            yield event


def marked(cases: SuiteCases) -> list[str]:
    return [each.cursor.selectedText() for each in cases.evidence.extraSelections()]


def test_words_that_the_reference_did_not_say_are_marked_in_a_cases_replies(
    qtbot: QtBot, cases: Desk, fakes: Fakes
) -> None:
    fakes.bench.script = differently_wrong
    cases.quality_page.run.click()
    shown = finish(qtbot, cases).cases
    shown.filter.set_choice("replies")
    assert shown.cases.model().rowCount() == 25
    shown.cases.selectRow(0)
    assert marked(shown) == ["🤷 never"]
    shown.words.click()
    assert marked(shown) == []
    shown.words.click()
    shown.cases.selectRow(1)
    assert marked(shown) == ["I cannot tell."]


def test_a_stopped_run_is_judged_on_what_it_has(qtbot: QtBot, cases: Desk, fakes: Fakes) -> None:
    fakes.bench.script = stuck
    page = cases.quality_page
    page.run.click()
    qtbot.waitUntil(lambda: page.findings.words.text().startswith("6 of 150 replies"))
    page.stop.click()
    verdicts = finish(qtbot, cases)
    assert "The run was stopped" in verdicts.remarks.text()


def test_a_file_of_cases_is_run_and_what_it_asks_too_much_is_named(
    qtbot: QtBot,
    cases: Desk,
    fakes: Fakes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "prompts: ['Say {{word}}']\n"
        "tests:\n"
        "  - vars: {word: yes}\n    assert: [{type: contains, value: an answer}]\n"
        "  - vars: {word: no}\n    assert: [{type: javascript, value: output.length}]\n"
    )
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    fakes.bench.script = lambda plan: iter(
        [Replied(reply=reply_to(m.name, case=c.id)) for m in plan.contenders for c in plan.cases]
    )
    page = cases.quality_page
    page.suite_form.cases.source.set_choice(FILE)
    assert page.why.text() == "Choose a file of cases first."
    page.suite_form.cases.file.click()
    page.run.click()
    verdicts = finish(qtbot, cases)
    assert "javascript" in verdicts.remarks.text()
    assert verdicts.standings.model().index(0, 3).data().endswith(" of 2")


def test_a_model_that_fails_is_named_once_with_its_reason(
    qtbot: QtBot, cases: Desk, fakes: Fakes
) -> None:
    def broken(plan: Plan) -> Iterator[Event | threading.Event]:
        for event in answered(plan):
            if isinstance(event, Replied) and event.reply.contender == Q2.name:
                reply = msgspec.structs.replace(
                    event.reply, text="", finish_reason="error", error="The file is damaged."
                )
                yield Failed(reply=reply)
            else:
                yield event

    fakes.bench.script = broken
    cases.quality_page.run.click()
    finish(qtbot, cases)
    told = [banner.text for banner in cases.quality_page.banners.banners]
    assert told == [f"{Q2.name}: The file is damaged."]


def test_a_broken_file_is_told_in_a_sentence(
    qtbot: QtBot, cases: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("tests: [")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    page = cases.quality_page
    page.suite_form.cases.source.set_choice(FILE)
    page.suite_form.cases.file.click()
    page.run.click()
    qtbot.waitUntil(lambda: not cases.quality.running)
    assert "broken.yaml" in page.banners.banners[0].text


def test_the_faults_of_a_file_are_told_together_but_for_what_a_banner_has_no_room_for(
    qtbot: QtBot, cases: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "broken.yaml"
    wrong = "".join(f"- {{prompt: {n}, assert: [{{type: contain}}]}}\n" for n in range(8))
    file.write_text(wrong)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    page = cases.quality_page
    page.suite_form.cases.source.set_choice(FILE)
    page.suite_form.cases.file.click()
    page.run.click()
    qtbot.waitUntil(lambda: not cases.quality.running)
    told = page.banners.banners[0].text.split("\n")
    assert told[0] == "The suite “broken.yaml” cannot be used."
    assert [line.split(",")[1] for line in told[1:7]] == [f" line {n}" for n in range(1, 7)]
    assert told[7:] == ["And 2 more."]


def test_what_passes_is_drawn_against_each_cost_that_is_known(qtbot: QtBot, cases: Desk) -> None:
    cases.quality_page.run.click()
    verdicts = finish(qtbot, cases)
    qtbot.waitUntil(lambda: verdicts.trade_off.chart is not None, timeout=10_000)
    choice = verdicts.trade_off.axis_choice
    words = [choice.itemText(place) for place in range(choice.count())]
    assert words == ["Seconds for a reply", "Memory", "Size of the file"]
    table = verdicts.trade_off.table.model()
    heads = [table.headerData(n, Qt.Orientation.Horizontal) for n in range(table.columnCount())]
    assert heads[-1] == "Electricity for 1,000 replies", "the money is of that alone"
    assert "one reply at a time" in verdicts.trade_off.how.text()
    for axis in ("seconds", "memory_bytes"):
        choice.set_choice(axis)
    assert verdicts.trade_off.chart is not None
    qtbot.waitUntil(verdicts.trade_off.chart.isVisible)


def test_a_cases_reply_is_read_by_the_model_that_is_chosen(qtbot: QtBot, cases: Desk) -> None:
    page = cases.quality_page
    page.run.click()
    listed = finish(qtbot, cases).cases
    listed.cases.selectRow(1)
    listed.tokens.click()
    menu = listed.tokens.choices
    assert menu is not None
    assert [each.text() for each in menu.actions()] == [
        "Where would Q8_0 differ?",
        "Where would Q2_K differ?",
    ]
    with qtbot.waitSignal(page.divergence_wanted) as asked:
        menu.actions()[1].trigger()
    (question,) = asked.args
    assert (question.reference.name, question.candidate.name) == (F16.name, Q2.name)
    assert question.reply == ANSWERS[question.case.id]
    dialog = cases.window.findChild(DivergenceDialog)
    assert isinstance(dialog, DivergenceDialog)
    qtbot.waitUntil(dialog.text.isVisible)
    dialog.reject()
    cases.quality.held.emit("Wait for the comparison to end.")
    assert not listed.tokens.isEnabled()
    assert listed.tokens.toolTip() == "Wait for the comparison to end."


def test_names_in_the_chart_cover_no_other_name_and_no_dot() -> None:
    from gui.quality.trade_off_chart import free_lines

    alone = [(0.0, 50.0), (300.0, 50.0)]
    assert free_lines(alone, [60.0, 60.0], height=14.0, dot=8.0) == [0, 0]
    near = [(0.0, 50.0), (12.0, 50.0), (300.0, 50.0)]
    assert free_lines(near, [60.0] * 3, height=14.0, dot=8.0) == [1, 0, 0]
    one_place = [(0.0, 50.0)] * 3
    lines = free_lines(one_place, [60.0] * 3, height=14.0, dot=8.0)
    assert len(set(lines)) == 3


def test_a_person_can_overrule_a_check_with_a_reason(qtbot: QtBot, cases: Desk) -> None:
    cases.quality_page.run.click()
    verdicts = finish(qtbot, cases)
    before = verdicts.cards[1].sentence.text()
    assert "passes 20 fewer" in before
    verdicts.cases.overrule.click()
    form = verdicts.findChild(OverruleForm)
    assert form is not None
    assert not nameless(form)
    form.check.setCurrentIndex(2)
    assert form.outcome.choice == "passed"
    assert not form.apply.isEnabled()
    form.reason.setText("Right, in other words.")
    form.apply.click()
    qtbot.waitUntil(lambda: "passes 19 fewer" in verdicts.cards[1].sentence.text())
    assert "1 check was overruled by hand." in verdicts.cards[1].sentence.text()
    assert verdicts.cases.cases.model().rowCount() == 19


def test_the_verdicts_can_be_copied(qtbot: QtBot, cases: Desk) -> None:
    cases.quality_page.run.click()
    verdicts = finish(qtbot, cases)
    clipboard = QGuiApplication.clipboard()
    verdicts.copy_text.click()
    assert f"{Q2.name}: worse" in clipboard.text()
    bound = re.search(r"loses more than ([\d.]+) points", clipboard.text())
    assert bound is not None
    assert f"Upper bound, 97.5 %: −{bound[1]} points" in clipboard.text()
    verdicts.copy_json.click()
    copied = json.loads(clipboard.text())
    assert len(copied["found"]["verdicts"]) == 2
    assert len(copied["replies"]) == 3 * len(copied["cases"]) == 150
    assert copied["choice_metric"] == "acc_norm"


def test_compare_waits_while_cases_run(qtbot: QtBot, cases: Desk, fakes: Fakes) -> None:
    fakes.bench.script = stuck
    cases.quality_page.run.click()
    qtbot.waitUntil(lambda: cases.quality_page.findings.words.text().startswith("6 of"))
    assert cases.compare.why_not_run() == "Wait for the measurement to end."
    cases.quality.stop()
    finish(qtbot, cases)
    assert cases.compare.why_not_run() != "Wait for the measurement to end."


def test_closing_the_window_during_a_run_ends_it(qtbot: QtBot, cases: Desk, fakes: Fakes) -> None:
    fakes.bench.script = stuck
    cases.quality_page.run.click()
    qtbot.waitUntil(lambda: cases.quality_page.findings.words.text().startswith("6 of"))
    cases.window.close()
    assert cases.close()
    assert fakes.bench.closed


def test_everything_the_keyboard_reaches_has_a_name(qtbot: QtBot, cases: Desk) -> None:
    cases.quality_page.run.click()
    finish(qtbot, cases)
    assert not nameless(cases.quality_page)
    cases.quality_page.suite_form.cases.source.set_choice(FILE)
    assert not nameless(cases.quality_page)


@pytest.mark.slow
def test_real_models_answer_ready_cases_and_are_judged(
    qtbot: QtBot, open_real: OpenReal, small_model: Path, quantized: dict[str, Path]
) -> None:
    desk = open_real()
    desk.quality.add_files([small_model, quantized["Q2_K"]])
    qtbot.waitUntil(lambda: len(desk.compare.contenders.contenders) == 2, timeout=10_000)
    for each in desk.compare.contenders.contenders:
        slow = msgspec.structs.replace(each, runtime=Runtime(threads=1, n_ctx=512))
        desk.compare.contenders.change(each.name, slow)
    show_cases(qtbot, desk)
    form = desk.quality_page.suite_form
    form.cases.number.set_number(4)
    form.max_tokens.set_number(8)
    desk.quality_page.run.click()
    verdicts = finish(qtbot, desk, REAL_LIMIT_MS)
    assert not [b.text for b in desk.quality_page.banners.banners if b.kind == "error"]
    assert len(verdicts.cards) == 1
    assert verdicts.cards[0].badge.text().startswith(("not enough cases", "undecided", "worse"))
    assert verdicts.standings.model().index(0, 3).data() == "4 of 4"
    found = desk.quality.suite.found
    assert found is not None
    assert found.session is not None
    assert {"joules", "seconds", "money"} <= set(found.trade_off[0].how)
    with qtbot.waitSignal(desk.quality.suite.settings_given, timeout=10_000):
        desk.opener.open(found.session)
    qtbot.waitUntil(lambda: not desk.quality.running)
    again = desk.quality.suite.found
    assert again is not None
    assert again is not found
    assert again.assessment.scores == found.assessment.scores
    assert again.assessment.verdicts == found.assessment.verdicts
    assert not again.unfinished
