"""Recorded suites on the Quality page: kept, shown again, judged further, finished."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.contract import (
    Began,
    Case,
    CaseScore,
    Energy,
    EnergyPart,
    Event,
    Findings,
    Finished,
    Likelihood,
    Message,
    Plan,
    Replied,
    Reply,
    Session,
    SuiteTerms,
)
from engine.contract.checks import TextCheck
from engine.errors import StorageError
from engine.quality import scores
from engine.quality.suite import Suite
from gui.app import Desk
from gui.cost.settings import CostSettings, Ends
from gui.quality.cases_model import EDITED
from gui.quality.overrule_form import OverruleForm
from gui.quality.suite_result import SuiteResult
from tests.gui.fakes import FakeBench, FakeHistory, Fakes, reply_to, session_of
from tests.gui.test_quality_suite import ANSWERS, F16, Q2, Q8, answered, finish, show_cases

MakeDesk = Callable[..., Desk]


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(tmp_path, bench=FakeBench(answered))


@pytest.fixture
def desk(qtbot: QtBot, open_desk: MakeDesk, fakes: Fakes) -> Desk:
    made = open_desk(fakes)
    made.compare.contenders.replace_all((Q8, F16, Q2))
    show_cases(qtbot, made)
    return made


def recorded(fakes: Fakes) -> Session:
    """The session as the history has it after the last run."""
    plan = fakes.bench.plans[-1]
    replies = [event.reply for event in answered(plan) if isinstance(event, Replied)]
    session = msgspec.structs.replace(session_of(plan, replies), kind="suite", batched=True)
    return fakes.history.found["s1"].added_to(session)


def shown(desk: Desk) -> SuiteResult:
    verdicts = desk.quality_page.verdicts
    assert isinstance(verdicts, SuiteResult)
    return verdicts


def overrule_one(verdicts: SuiteResult) -> None:
    """The smallest model passes the first case that is listed."""
    verdicts.cases.overrule.click()
    form = verdicts.findChild(OverruleForm)
    assert form is not None
    form.check.setCurrentIndex(2)
    form.reason.setText("Right, in other words.")
    form.apply.click()


def test_what_a_run_found_is_kept_in_the_history(qtbot: QtBot, desk: Desk, fakes: Fakes) -> None:
    desk.quality_page.run.click()
    finish(qtbot, desk)
    qtbot.waitUntil(lambda: "s1" in fakes.history.found)
    found = fakes.history.found["s1"]
    assert found.suite is not None
    assert found.suite.margin == 0.05
    assert found.scores is not None
    assert len(found.scores) == 150
    assert found.verdicts is not None
    assert [each.outcome for each in found.verdicts] == ["undecided", "worse"]


def test_an_overruled_check_is_kept_with_its_reason(qtbot: QtBot, desk: Desk, fakes: Fakes) -> None:
    desk.quality_page.run.click()
    overrule_one(finish(qtbot, desk))

    def reasons() -> list[str | None]:
        scores = fakes.history.found.get("s1", Findings()).scores or ()
        return [check.overruled for score in scores for check in score.checks if check.overruled]

    qtbot.waitUntil(lambda: reasons() == ["Right, in other words."])


def test_a_history_that_refuses_is_told(
    qtbot: QtBot, desk: Desk, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(session_id: str, findings: Findings) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(fakes.history, "keep", refuse)
    desk.quality_page.run.click()
    finish(qtbot, desk)
    banners = desk.quality_page.banners
    qtbot.waitUntil(lambda: bool(banners.banners))
    assert banners.banners[0].text == "The verdicts are not kept: The disk is full."


def test_a_recorded_suite_opens_with_just_what_it_found(
    qtbot: QtBot, desk: Desk, fakes: Fakes
) -> None:
    desk.quality_page.run.click()
    first = finish(qtbot, desk)
    before = [card.sentence.text() for card in first.cards]
    evidence = first.cases.evidence.toPlainText()
    qtbot.waitUntil(lambda: "s1" in fakes.history.found)
    fakes.history.kept["s1"] = recorded(fakes)
    desk.compare.contenders.replace_all(())
    desk.window.show_page(0)
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.quality_page.isVisible() and not desk.quality.running)
    again = shown(desk)
    qtbot.waitUntil(lambda: [card.sentence.text() for card in again.cards] == before)
    assert again.cases.evidence.toPlainText() == evidence
    assert desk.quality_page.tabs.currentIndex() == 1
    reference = desk.quality.participants.reference
    assert reference is not None
    assert reference.name == F16.name
    assert [each.name for each in desk.quality.participants.candidates] == [Q8.name, Q2.name]
    assert len(fakes.bench.plans) == 1


def test_a_reopened_suite_is_overruled_further(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    plan = _plan()
    replies = [event.reply for event in answered(plan) if isinstance(event, Replied)]
    session = msgspec.structs.replace(session_of(plan, replies), kind="suite")
    fakes = Fakes(tmp_path, history=FakeHistory([session]))
    desk = open_desk(fakes)
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.quality_page.verdicts is not None)
    overrule_one(shown(desk))
    kept = fakes.history.kept
    qtbot.waitUntil(lambda: any(verdict.overruled for verdict in kept["s1"].verdicts))
    assert "1 check was overruled by hand." in shown(desk).cards[1].sentence.text()


def test_the_shown_result_is_judged_at_another_margin(
    qtbot: QtBot, desk: Desk, fakes: Fakes
) -> None:
    desk.quality_page.run.click()
    verdicts = finish(qtbot, desk)
    assert verdicts.cards[0].badge.text().startswith("not enough cases")
    verdicts.terms.margin.set_number(12.0)
    qtbot.waitUntil(lambda: verdicts.cards[0].badge.text() == "good enough")
    qtbot.waitUntil(lambda: _margin(fakes) == 0.12)
    assert len(fakes.bench.plans) == 1


def test_a_stopped_suite_is_finished_from_the_history(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    plan = _plan()
    replies = [event.reply for event in answered(plan) if isinstance(event, Replied)]
    session = msgspec.structs.replace(
        session_of(plan, replies[:70], status="stopped"), kind="suite"
    )

    def rest(_plan: Plan) -> Iterator[Event | threading.Event]:
        yield Began(session="s1")
        for reply in replies[70:]:
            yield Replied(reply=reply)
        yield Finished(status="finished", elapsed_s=1.0)

    fakes = Fakes(tmp_path, bench=FakeBench(rest), history=FakeHistory([session]))
    desk = open_desk(fakes)
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.quality_page.verdicts is not None)
    verdicts = shown(desk)
    assert "The run was stopped" in verdicts.remarks.text()
    assert verdicts.resume.isVisible()
    verdicts.resume.click()
    qtbot.waitUntil(lambda: fakes.bench.resumed == [session])
    finish(qtbot, desk)
    assert "passes 20 fewer" in verdicts.cards[1].sentence.text()
    assert not verdicts.resume.isVisible()


def test_what_was_overruled_stands_when_a_suite_is_finished(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    plan = _plan()
    replies = [event.reply for event in answered(plan) if isinstance(event, Replied)]
    session = msgspec.structs.replace(
        session_of(plan, replies[:120], status="stopped"), kind="suite"
    )
    fakes = Fakes(tmp_path, history=FakeHistory([session]))
    fakes.bench.script = lambda _: iter([Replied(reply=each) for each in replies[120:]])
    desk = open_desk(fakes)
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.quality_page.verdicts is not None)
    overrule_one(shown(desk))
    kept = fakes.history.kept
    qtbot.waitUntil(lambda: any(verdict.overruled for verdict in kept["s1"].verdicts))
    desk.opener.resume("s1")
    qtbot.waitUntil(lambda: bool(fakes.bench.resumed))
    verdicts = finish(qtbot, desk)
    assert "1 check was overruled by hand." in verdicts.cards[1].sentence.text()


def test_every_repeat_is_shown_with_its_checks(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    plan = msgspec.structs.replace(_plan(), repeats=2)
    replies = [
        reply_to(
            each.name,
            case=case.id,
            repeat=repeat,
            text=ANSWERS[case.id] if each.name != Q2.name or repeat else "I cannot tell.",
        )
        for each in plan.contenders
        for case in plan.cases
        for repeat in range(2)
    ]
    session = msgspec.structs.replace(session_of(plan, replies), kind="suite")
    desk = open_desk(Fakes(tmp_path, history=FakeHistory([session])))
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.quality_page.verdicts is not None)
    cases = shown(desk).cases
    assert cases.cases.model().index(0, 3).data() == "1 of 2 passed"
    assert f"{Q2.name}, repeat 1: failed" in cases.evidence.toPlainText()
    assert f"{Q2.name}, repeat 2: passed" in cases.evidence.toPlainText()


def test_all_cases_can_be_listed_and_those_that_all_models_fail(qtbot: QtBot, desk: Desk) -> None:
    desk.quality_page.run.click()
    cases = finish(qtbot, desk).cases
    counts = {}
    for which in ("all", "failed", "untold", "overruled", "differing"):
        cases.filter.set_choice(which)
        counts[which] = cases.cases.model().rowCount()
    assert counts == {"all": 50, "failed": 25, "untold": 0, "overruled": 0, "differing": 20}


def test_checking_cannot_be_stopped_and_says_how_far_it_is(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, go_on = threading.Event(), threading.Event()
    score = scores.score_reply

    def held(case: Case, reply: Reply) -> CaseScore:
        checked.set()
        assert go_on.wait(10)
        return score(case, reply)

    monkeypatch.setattr("engine.suite.score_reply", held)
    desk.quality_page.run.click()
    qtbot.waitUntil(checked.is_set)
    qtbot.waitUntil(lambda: not desk.quality_page.stop.isEnabled())
    assert desk.quality_page.why.text() == "The replies are being checked."
    go_on.set()
    finish(qtbot, desk)
    assert desk.quality_page.findings.words.text() == "Checking the replies: 150 of 150"


def test_a_window_closes_while_replies_are_checked(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = threading.Event()
    score = scores.score_reply

    def slow(case: Case, reply: Reply) -> CaseScore:
        checked.set()
        threading.Event().wait(0.1)
        return score(case, reply)

    monkeypatch.setattr("engine.suite.score_reply", slow)
    desk.quality_page.run.click()
    qtbot.waitUntil(checked.is_set)
    desk.window.close()
    assert desk.close()


def test_scores_reached_in_part_are_judged_when_asked_for(
    qtbot: QtBot, desk: Desk, fakes: Fakes
) -> None:
    parts = (
        TextCheck(type="contains", value="answer", weight=3.0),
        TextCheck(type="contains", value="sir"),
    )
    asked = (Message(role="user", content="Hi"),)
    cases = tuple(Case(id=str(n), messages=asked, checks=parts) for n in range(4))
    desk.quality.suite.cases.take_suite(EDITED, Suite(name="Mine", cases=cases))
    texts = {F16.name: "An answer, sir.", Q8.name: "An answer, sir.", Q2.name: "An answer."}
    fakes.bench.script = lambda plan: iter(
        [
            Began(session="s1"),
            *(
                Replied(reply=reply_to(m.name, case=c.id, text=texts[m.name]))
                for m in plan.contenders
                for c in plan.cases
            ),
        ]
    )
    desk.quality_page.suite_form.judged_by.set_choice("score")
    desk.quality_page.run.click()
    verdicts = finish(qtbot, desk)
    assert "scores as much as" in verdicts.cards[0].sentence.text()
    assert "scores 25 points lower than" in verdicts.cards[1].sentence.text()
    verdicts.terms.margin.set_number(50.0)
    qtbot.waitUntil(lambda: _margin(fakes) == 0.5)
    terms = fakes.history.found["s1"].suite
    assert terms is not None
    assert terms.judged_by == "score"
    assert "scores 25 points lower than" in verdicts.cards[1].sentence.text()
    assert not verdicts.terms.choices_by.isVisibleTo(verdicts)
    verdicts.terms.judged_by.set_choice("passed")
    qtbot.waitUntil(lambda: "passes 4 fewer than" in verdicts.cards[1].sentence.text())


def test_what_decides_a_multiple_choice_is_chosen_in_the_result(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    case = Case(
        id="sky",
        messages=(Message(role="user", content="The sky is"),),
        continuations=(" blue", " a cheese"),
        right=0,
    )
    # Likelier as a whole, but not per character.
    found = (Likelihood(log_likelihood=-3.0, tokens=1), Likelihood(log_likelihood=-4.0, tokens=2))
    plan = Plan(contenders=(F16, Q2), cases=(case,))
    replies = [
        msgspec.structs.replace(reply_to(m.name, case="sky", text=""), likelihoods=found)
        for m in plan.contenders
    ]
    session = msgspec.structs.replace(session_of(plan, replies), kind="suite")
    fakes = Fakes(tmp_path, history=FakeHistory([session]))
    desk = open_desk(fakes)
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.quality_page.verdicts is not None)
    verdicts = shown(desk)
    assert verdicts.terms.choices_by.isVisibleTo(verdicts)
    assert "acc 100.0 %, acc_norm 0.0 % (decides)" in verdicts.remarks.text()
    verdicts.terms.choices_by.set_choice("acc")
    qtbot.waitUntil(lambda: "acc 100.0 % (decides)" in verdicts.remarks.text())
    qtbot.waitUntil(lambda: _metric(fakes) == "acc")
    assert desk.quality.suite.settings.metric == "acc"
    desk.quality_page.suite_form.repeats.set_number(3)
    assert desk.quality.suite.settings.metric == "acc"


def test_replies_cost_what_the_cost_page_assumes(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    plan = _plan()
    part = EnergyPart(
        name="package", covers="cpu", source="RAPL", label="measured", seconds=1.0, joules=36.0
    )
    energy = Energy(joules=36.0, source="RAPL", kind="measured", parts=(part,))
    replies = [
        msgspec.structs.replace(event.reply, energy=energy)
        for event in answered(plan)
        if isinstance(event, Replied)
    ]
    terms = SuiteTerms(name="Mine", margin=0.05, metric="acc")
    session = msgspec.structs.replace(session_of(plan, replies), kind="suite", suite=terms)
    fakes = Fakes(tmp_path, history=FakeHistory([session]))
    desk = open_desk(fakes)
    desk.cost.settings = CostSettings(price=Ends(likely=0.5))
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.quality_page.verdicts is not None)
    table = shown(desk).trade_off.table.model()
    # 36 J are a hundred-thousandth of a kWh; a thousand replies at 0.50 cost half a cent.
    assert table.index(0, 6).data() == "0.0050 € *"
    assert (
        table.index(0, 6)
        .data(Qt.ItemDataRole.ToolTipRole)
        .startswith("Electricity at 0.5 EUR/kWh, typed by you; its energy is measured.")
    )
    shown(desk).terms.margin.set_number(7.0)
    qtbot.waitUntil(lambda: _margin(fakes) == 0.07)
    found = fakes.history.found["s1"].suite
    assert found is not None
    assert found.metric == "acc"


def _plan() -> Plan:
    from engine.quality.generators.ready import ready_suite
    from engine.suite import suite_plan

    return suite_plan(ready_suite("arithmetic", 50), (F16, Q8, Q2))


def _metric(fakes: Fakes) -> str | None:
    found = fakes.history.found.get("s1", Findings()).suite
    return None if found is None else found.metric


def _margin(fakes: Fakes) -> float | None:
    found = fakes.history.found.get("s1", Findings()).suite
    return None if found is None else found.margin


def test_a_recorded_suite_is_run_again_as_it_was(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    plan = msgspec.structs.replace(_plan(), repeats=2, batched=False)
    session = msgspec.structs.replace(session_of(plan, ()), kind="suite")
    fakes = Fakes(tmp_path, bench=FakeBench(answered), history=FakeHistory([session]))
    desk = open_desk(fakes)
    desk.opener.run_again("s1")
    qtbot.waitUntil(lambda: fakes.bench.plans == [session.plan()])
    finish(qtbot, desk)
    assert fakes.bench.resumed == [None]


def test_a_recorded_suite_is_changed_and_run(
    qtbot: QtBot, open_desk: MakeDesk, tmp_path: Path
) -> None:
    plan = msgspec.structs.replace(_plan(), repeats=2, batched=False)
    plan = msgspec.structs.replace(plan, cases=plan.cases[3:9])
    session = msgspec.structs.replace(session_of(plan, ()), kind="suite")
    fakes = Fakes(tmp_path, bench=FakeBench(answered), history=FakeHistory([session]))
    desk = open_desk(fakes)
    desk.opener.change("s1")
    page = desk.quality_page
    qtbot.waitUntil(lambda: page.suite_form.repeats.number == 2 and not desk.quality.running)
    assert page.suite_form.deterministic.isChecked()
    assert page.banners.banners[0].text.startswith("Change models, cases or settings")
    page.suite_form.repeats.set_number(1)
    page.run.click()
    finish(qtbot, desk)
    (run,) = fakes.bench.plans
    assert (run.cases, run.repeats, run.batched) == (session.cases, 1, False)
