from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from engine.contract import Case, Message, Plan, Reply
from gui.app import Desk
from gui.compare.board_model import BoardModel
from gui.compare.case_switcher import CaseSwitcher
from tests.gui.acting import A, B, OpenDesk
from tests.gui.fakes import FakeHistory, Fakes, reply_to, session_of

CASES = tuple(
    Case(id=str(n), messages=(Message(role="user", content=f"Question {n}"),)) for n in range(5)
)
DIFFERING = (1, 3)


def replies() -> list[Reply]:
    made = []
    for place, case in enumerate(CASES):
        other = "Another." if place in DIFFERING else "The same."
        made += [
            reply_to(A.name, case=case.id, text="The same."),
            reply_to(B.name, case=case.id, text=other),
        ]
    return made


@pytest.fixture
def session_desk(qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path) -> Desk:
    plan = Plan(contenders=(A, B), cases=CASES)
    desk = open_desk(Fakes(tmp_path, history=FakeHistory([session_of(plan, replies())])))
    desk.opener.open("s1")
    qtbot.waitUntil(lambda: desk.compare.board.session_id == "s1")
    return desk


def switcher(desk: Desk) -> CaseSwitcher:
    return desk.window.page.asked.switcher


def test_only_prompts_with_differing_replies_are_on_offer(session_desk: Desk) -> None:
    desk, board = session_desk, session_desk.compare.board
    shown = switcher(desk)
    assert shown.cases.count() == 5
    shown.only.click()
    assert board.shown_case_index == 1
    assert [shown.cases.itemText(i) for i in range(shown.cases.count())] == [
        "Question 1",
        "Question 3",
    ]
    assert shown.words == "Prompt 2 of 5, 2 differ"
    shown.later.click()
    assert board.shown_case_index == 3
    assert not shown.later.isEnabled()
    desk.window.actions_table.action("case-back").trigger()
    assert board.shown_case_index == 1
    shown.cases.setCurrentIndex(1)
    assert board.shown_case_index == 3
    shown.only.click()
    assert shown.cases.count() == 5
    assert shown.cases.currentIndex() == 3


def test_where_all_replies_are_the_same_the_filter_says_so(qtbot: QtBot, desk: Desk) -> None:
    shown = switcher(desk)
    shown.show_cases(CASES, 0, ())
    assert not shown.only.isEnabled()
    assert shown.only.toolTip() == "No prompt has replies that differ."
    assert shown.later.isEnabled()


def test_the_filter_goes_with_the_last_difference(qtbot: QtBot, desk: Desk) -> None:
    shown = switcher(desk)
    shown.show_cases(CASES, 1, DIFFERING)
    shown.only.setChecked(True)
    shown.show_cases(CASES, 1, ())
    assert not shown.only.isChecked()
    assert shown.cases.count() == 5


def test_a_failure_beside_a_reply_is_a_difference() -> None:
    board = BoardModel()
    plan = Plan(contenders=(A, B), cases=CASES[:2])
    failed = msgspec.structs.replace(
        reply_to(B.name, case="1", text="The same."), error="It crashed.", finish_reason="error"
    )
    same = [reply_to(name, case="0", text="The same.") for name in (A.name, B.name)]
    board.open(session_of(plan, [*same, reply_to(A.name, case="1", text="The same."), failed]))
    assert board.differing == (1,)
