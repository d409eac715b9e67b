"""Cases of a suite in the window: pasted, out of a session, edited, saved, and run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.contract import Case, Message, Plan, Replied
from engine.quality.cases import read_suite
from engine.quality.suite import Suite
from gui.app import Desk
from gui.jobs import Jobs
from gui.quality.cases_dialog import CasesDialog
from gui.quality.cases_form import CasesForm
from gui.quality.cases_model import EDITED, FILE, PASTED, SESSION, CasesModel
from gui.quality.cases_popovers import PasteForm, SessionForm
from gui.theme import Theme
from tests.gui.fakes import FakeBench, FakeHistory, Fakes, contender, reply_to, session_of
from tests.gui.test_accessibility import nameless
from tests.gui.test_quality_suite import answered, finish, show_cases

MakeDesk = Callable[..., Desk]
F16, Q2 = contender("F16", 271_000_000), contender("Q2_K")


def asked(name: str, question: str) -> Case:
    return Case(id=name, messages=(Message(role="user", content=question),))


PLAN = Plan(
    contenders=(F16, Q2),
    cases=(asked("1", "What is the capital of France?"), asked("2", "How many legs has a spider?")),
)
ANSWERS = {"1": "It is Paris.", "2": "A spider has 8 legs."}


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    replies = [
        reply_to(m.name, case=c.id, text=ANSWERS[c.id]) for m in (F16, Q2) for c in PLAN.cases
    ]
    session = session_of(PLAN, replies, title="Asked before")
    return Fakes(tmp_path, bench=FakeBench(answered), history=FakeHistory([session]))


@pytest.fixture
def desk(qtbot: QtBot, open_desk: MakeDesk, fakes: Fakes) -> Desk:
    made = open_desk(fakes)
    made.compare.contenders.replace_all((F16, Q2))
    show_cases(qtbot, made)
    return made


def dialog_of(qtbot: QtBot, desk: Desk) -> CasesDialog:
    qtbot.waitUntil(lambda: desk.window.findChild(CasesDialog) is not None)
    dialog = desk.window.findChild(CasesDialog)
    assert dialog is not None
    return dialog


def take_session(qtbot: QtBot, desk: Desk, answers_of: str = F16.name) -> CasesDialog:
    form = desk.quality_page.suite_form.cases
    form.source.set_choice(SESSION)
    form.session.click()
    qtbot.waitUntil(lambda: form.findChild(SessionForm) is not None)
    popover = form.findChild(SessionForm)
    assert popover is not None
    assert not nameless(popover)
    popover.answers.set_choice(answers_of)
    popover.take.click()
    return dialog_of(qtbot, desk)


def test_pasted_cases_are_run(qtbot: QtBot, desk: Desk, fakes: Fakes) -> None:
    fakes.bench.script = lambda plan: iter(
        [
            Replied(reply=reply_to(m.name, case=c.id, text="PARIS"))
            for m in plan.contenders
            for c in plan.cases
        ]
    )
    form = desk.quality_page.suite_form.cases
    form.source.set_choice(PASTED)
    assert desk.quality_page.why.text() == "Paste your cases first."
    QGuiApplication.clipboard().setText("prompt,expected\nCapital of France?,icontains: paris\n")
    form.paste.click()
    popover = form.findChild(PasteForm)
    assert popover is not None
    assert not nameless(popover)
    popover.take.click()
    qtbot.waitUntil(lambda: form.given.text() == "pasted.csv: 1 case")
    desk.quality_page.run.click()
    verdicts = finish(qtbot, desk)
    assert verdicts.standings.model().index(0, 1).data() == "100.0 %"


def test_pasted_text_that_is_no_suite_is_told(qtbot: QtBot, desk: Desk) -> None:
    desk.quality.suite.cases.take_pasted("tests: [")
    banners = desk.quality_page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert "pasted.yaml" in banners.banners[0].text


def test_prompts_of_a_session_need_checks_before_they_run(qtbot: QtBot, desk: Desk) -> None:
    dialog = take_session(qtbot, desk)
    assert "2 without a check" in dialog.about.text()
    assert desk.quality_page.why.text().startswith("None of these cases has a check yet.")
    dialog.reject()


def test_expected_answers_become_checks_and_the_cases_run(
    qtbot: QtBot, desk: Desk, fakes: Fakes
) -> None:
    dialog = take_session(qtbot, desk)
    dialog.adding.kind.set_choice("answer-number")
    dialog.adding.everywhere.click()
    assert dialog.fault.text() == "Added to 1 case."
    dialog.adding.kind.set_choice("icontains")
    dialog.adding.value.setText("paris")
    dialog.adding.here.click()
    dialog.critical.click()
    assert dialog.table.model().index(0, 1).data() == "icontains: paris"
    assert dialog.table.model().index(1, 1).data() == "exact-match: 8 (last-number)"
    dialog.use.click()
    cases = desk.quality_page.suite_form.cases
    assert cases.source.choice == EDITED
    assert cases.given.text() == "Asked before: 2 cases"
    fakes.bench.script = lambda plan: iter(
        [
            Replied(
                reply=reply_to(m.name, case=c.id, text=ANSWERS[c.id] if m.name == F16.name else "8")
            )
            for m in plan.contenders
            for c in plan.cases
        ]
    )
    desk.quality_page.run.click()
    verdicts = finish(qtbot, desk)
    assert fakes.bench.plans[-1].cases[0].critical
    assert "fails the critical case" in verdicts.cards[0].sentence.text()
    assert verdicts.standings.model().index(1, 1).data() == "50.0 %"


def test_a_check_is_removed_and_a_wrong_value_is_told(qtbot: QtBot, theme: Theme) -> None:
    dialog = CasesDialog(theme, Suite(name="s", cases=PLAN.cases))
    qtbot.addWidget(dialog)
    assert not nameless(dialog)
    assert not dialog.remove.isEnabled()
    assert not dialog.adding.here.isEnabled()
    dialog.adding.kind.set_choice("regex")
    dialog.adding.value.setText("(")
    dialog.adding.here.click()
    assert dialog.fault.text().startswith("This check cannot be used: the pattern")
    dialog.adding.kind.set_choice("answer-equals")
    assert not dialog.adding.here.isEnabled()
    dialog.adding.everywhere.click()
    assert dialog.fault.text() == "No case has an answer to take it from."
    dialog.adding.kind.set_choice("is-json")
    dialog.adding.everywhere.click()
    assert [len(case.checks) for case in dialog.suite.cases] == [1, 1]
    dialog.table.selectRow(1)
    dialog.remove.click()
    assert [len(case.checks) for case in dialog.suite.cases] == [1, 0]


def test_when_a_reply_passes_is_told_of_each_case(qtbot: QtBot, theme: Theme) -> None:
    plain = Case(id="1", messages=(Message(role="user", content="Hi"),))
    cases = (
        plain,
        replace(plain, id="2", threshold=0.5),
        replace(plain, id="3", continuations=("a", "b"), right=0),
    )
    dialog = CasesDialog(theme, Suite(name="s", cases=cases))
    qtbot.addWidget(dialog)
    told = []
    for row in range(3):
        dialog.table.selectRow(row)
        told.append(dialog.passes.text())
    assert told == [
        "Checks: a reply passes when all of them do",
        "Checks: a reply passes at a weighted score of 0.5",
        "Checks: which of the choices is likeliest decides",
    ]


def test_cases_are_saved_as_yaml_and_read_again_as_a_file(
    qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    dialog = take_session(qtbot, desk)
    dialog.adding.kind.set_choice("not-is-refusal")
    dialog.adding.everywhere.click()
    dialog.save.click()
    qtbot.waitUntil(file.exists)
    assert read_suite(file).cases == dialog.suite.cases
    dialog.reject()
    banners = desk.quality_page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert banners.banners[0].text == f"2 cases written to {file}."


def test_a_ready_suite_can_be_seen_and_changed(qtbot: QtBot, desk: Desk) -> None:
    form = desk.quality_page.suite_form.cases
    form.number.set_number(5)
    form.edit.click()
    dialog = dialog_of(qtbot, desk)
    assert len(dialog.suite.cases) == 5
    dialog.use.click()
    assert desk.quality.suite.cases.choice.given == dialog.suite


def test_the_number_can_be_changed_before_the_ready_suites_are_known(
    theme: Theme, jobs: Jobs, qtbot: QtBot
) -> None:
    model = CasesModel(jobs)
    form = CasesForm(theme, model)
    qtbot.addWidget(form)
    form.number.set_number(20)
    assert (model.choice.source, model.choice.number) == ("arithmetic", 20)
    model.list_ready()
    qtbot.waitUntil(lambda: form.source.choice == "arithmetic")


def test_cases_cannot_be_edited_before_there_are_any(desk: Desk) -> None:
    form = desk.quality_page.suite_form.cases
    form.source.set_choice(FILE)
    assert not form.edit.isEnabled()
    assert form.edit.toolTip() == "Choose a file of cases first."


def test_human_eval_offers_no_more_tasks_than_it_has(desk: Desk) -> None:
    form = desk.quality_page.suite_form.cases
    form.number.set_number(500)
    form.source.set_choice("humaneval")
    assert form.number.number == 164


def test_a_file_without_any_check_is_not_run(
    qtbot: QtBot, desk: Desk, fakes: Fakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bare.yaml"
    file.write_text("- {prompt: One?}\n- {prompt: Two?}\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    desk.quality_page.suite_form.cases.choose_file()
    desk.quality_page.run.click()
    qtbot.waitUntil(lambda: not desk.quality.running)
    assert "No case of bare.yaml has a check" in desk.quality_page.banners.banners[0].text
    assert fakes.bench.plans == []


def test_repeats_and_temperature_reach_the_plan(qtbot: QtBot, desk: Desk, fakes: Fakes) -> None:
    form = desk.quality_page.suite_form
    form.repeats.set_number(3)
    form.temperature.set_number(0.7)
    desk.quality_page.run.click()
    finish(qtbot, desk)
    plan = fakes.bench.plans[-1]
    assert (plan.repeats, plan.sampling.temperature) == (3, 0.7)
