"""Comparisons in which names stay hidden until somebody has chosen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.contract import Event, NoBest, Plan, Replied
from gui.app import Desk
from gui.compare.blind_model import BlindModel
from gui.compare.board_model import BoardModel
from storage.history import History
from storage.recorder import SessionRecorder
from tests.gui.acting import A, B, C, OpenDesk, draw_up, two_prompts
from tests.gui.fakes import ENVIRONMENT, FakeBench, Fakes, failure, reply_to, session_of, whole_run
from tests.gui.test_accessibility import nameless


def one_prompt() -> Plan:
    plan = two_prompts()
    return msgspec.structs.replace(plan, cases=plan.cases[:1])


@pytest.fixture
def board(qtbot: QtBot) -> BoardModel:
    return BoardModel()


@pytest.fixture
def blind(board: BoardModel) -> BlindModel:
    """From left to right in the opposite of their order."""
    return BlindModel(board, board, shuffle=lambda names: list(reversed(names)))


def play(board: BoardModel, blind: BlindModel, plan: Plan, *, end: bool = True) -> None:
    board.begin(plan)
    blind.begin(plan, blind=True)
    for event in list(whole_run(plan))[: None if end else -1]:
        board.take(event)


def hides(blind: BlindModel) -> bool:
    return blind.hiding


def test_replies_come_under_letters_in_shuffled_order(board: BoardModel, blind: BlindModel) -> None:
    play(board, blind, one_prompt())
    replies = blind.replies()
    assert replies is not None
    assert blind.letters == ("A", "B")
    assert [reply.contender for reply in replies] == [B.name, A.name]
    assert blind.words() == ""


def test_nothing_is_seen_or_chosen_before_all_have_replied(
    board: BoardModel, blind: BlindModel
) -> None:
    plan = one_prompt()
    board.begin(plan)
    blind.begin(plan, blind=True)
    board.take(Replied(reply=reply_to(A.name)))
    assert blind.replies() is None
    assert "once all models have answered" in blind.why_not_vote()
    blind.vote(0)
    assert not blind.votes


def test_a_choice_shows_names_and_is_told(board: BoardModel, blind: BlindModel) -> None:
    play(board, blind, one_prompt())
    blind.vote(0)
    (vote,) = blind.votes
    assert (vote.case, vote.best, vote.blind) == ("1", B.name, True)
    assert not hides(blind)
    assert blind.words() == (
        f"You chose {B.name} without seeing names. A was {B.name}, B was {A.name}."
    )


@pytest.mark.parametrize(
    ("no_best", "words"), [("tie", "all were equally good"), ("all_bad", "none was good")]
)
def test_all_may_be_equally_good_or_bad(
    board: BoardModel, blind: BlindModel, no_best: NoBest, words: str
) -> None:
    play(board, blind, one_prompt())
    blind.vote_for_none(no_best)
    assert (blind.votes[0].best, blind.votes[0].no_best) == (None, no_best)
    assert blind.words().startswith(f"You found that {words} without seeing names.")


def test_names_stay_hidden_until_every_prompt_is_chosen_for(
    board: BoardModel, blind: BlindModel
) -> None:
    play(board, blind, two_prompts())
    board.show_case(1)
    blind.vote(1)
    assert hides(blind)
    assert board.shown_case_index == 0
    board.show_case(1)
    assert blind.why_not_vote() == "You have chosen here already."
    board.show_case(0)
    blind.vote(0)
    assert not hides(blind)
    assert [(vote.case, vote.best) for vote in blind.votes] == [("2", A.name), ("1", B.name)]


def test_names_can_be_revealed_without_a_choice(board: BoardModel, blind: BlindModel) -> None:
    play(board, blind, one_prompt())
    blind.reveal()
    assert not hides(blind)
    assert not blind.votes
    assert blind.words() == f"A was {B.name}, B was {A.name}."


def test_a_run_that_is_not_blind_hides_nothing(board: BoardModel, blind: BlindModel) -> None:
    plan = one_prompt()
    blind.begin(plan, blind=False)
    assert not hides(blind)
    blind.begin(msgspec.structs.replace(plan, contenders=(A,)), blind=True)
    assert not hides(blind)


# In the window ---------------------------------------------------------------------------------


class RecordedBench(FakeBench):
    """Records the whole run into the real history before it is played."""

    def __init__(self, recorder: SessionRecorder) -> None:
        super().__init__(self._recorded)
        self._recorder = recorder
        self.session = ""

    def _recorded(self, plan: Plan) -> Iterator[Event]:
        self.session = self._recorder.begin(plan, ENVIRONMENT)
        events = list(whole_run(plan))
        for event in events:
            if isinstance(event, Replied):
                self._recorder.record(self.session, event.reply)
        yield msgspec.structs.replace(events[0], session=self.session)
        yield from events[1:]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History.open(tmp_path / "history.db")  # closed by the window


@pytest.fixture
def desk(open_desk: OpenDesk, tmp_path: Path, history: History) -> Desk:
    fakes = Fakes(tmp_path, RecordedBench(history.recorder()))
    object.__setattr__(fakes.given, "open_history", lambda: history)
    made = open_desk(fakes)
    draw_up(made)
    made.window.page.composer.blind.setChecked(True)
    return made


def run(qtbot: QtBot, desk: Desk) -> None:
    desk.window.page.composer.run.click()
    qtbot.waitUntil(lambda: not desk.compare.running)


def seen(widget: QWidget) -> str:
    shown = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return "\n".join(shown)


def test_a_blind_run_shows_neither_names_nor_figures(qtbot: QtBot, desk: Desk) -> None:
    run(qtbot, desk)
    page = desk.window.page
    assert page.blind.isVisible()
    assert not page.columns.isVisible()
    assert [card.reply.text for card in page.blind.cards] == ["An answer."] * 3
    words = seen(page.blind)
    for hidden in ("SmolLM2", "Q8_0", "tok/s"):
        assert hidden not in words
    assert not nameless(desk.window)


def test_a_vote_is_kept_with_the_session_and_shown_when_it_is_reopened(
    qtbot: QtBot, desk: Desk, history: History
) -> None:
    run(qtbot, desk)
    page = desk.window.page
    page.blind.cards[1].best.click()
    assert page.columns.isVisible()
    assert "without seeing names" in page.voted.text()
    session_id = desk.compare.board.session_id
    assert session_id is not None
    qtbot.waitUntil(lambda: bool(history.session(session_id).votes))
    (vote,) = history.session(session_id).votes
    assert vote.best in {A.name, B.name, C.name}
    desk.window.actions_table.action("new").trigger()
    assert not page.voted.isVisible()
    desk.opener.open(session_id)
    qtbot.waitUntil(page.voted.isVisible)
    assert page.voted.text() == f"You chose {vote.best} without seeing names."


@pytest.mark.parametrize("no_best", ["tie", "all_bad"])
def test_what_is_said_where_none_is_best_is_kept(
    qtbot: QtBot, desk: Desk, history: History, no_best: NoBest
) -> None:
    run(qtbot, desk)
    desk.window.page.blind.none_best[no_best].click()
    session_id = desk.compare.board.session_id
    assert session_id is not None
    qtbot.waitUntil(lambda: bool(history.session(session_id).votes))
    (vote,) = history.session(session_id).votes
    assert (vote.best, vote.no_best) == (None, no_best)


def test_the_buttons_wait_for_the_slowest_and_say_so(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    def slow(plan: Plan) -> Iterator[Event | threading.Event]:
        yield Replied(reply=reply_to(A.name))
        yield failure(B.name, f"{B.model.path} is broken.")
        yield threading.Event()

    desk = open_desk(Fakes(tmp_path, FakeBench(slow)))
    draw_up(desk)
    desk.compare.draft.edit(blind=True)
    page = desk.window.page
    page.composer.run.click()
    qtbot.waitUntil(lambda: len(desk.compare.board.all_replies) == 2)
    assert not any(card.best.isEnabled() for card in page.blind.cards)
    assert not any(card.reply.text for card in page.blind.cards)
    assert "once all models have answered" in page.blind.hint.text()
    desk.compare.board.take(Replied(reply=reply_to(C.name)))
    failed = [card for card in page.blind.cards if "failed" in card.reply.text]
    assert [card.best.isEnabled() for card in failed] == [False]
    assert "no reply to choose" in failed[0].best.toolTip()
    assert sum(card.best.isEnabled() for card in page.blind.cards) == 2
    assert B.model.path not in "".join(card.reply.text for card in page.blind.cards)
    page.blind.reveal.click()
    assert page.columns.isVisible()


def test_another_session_ends_the_hiding(qtbot: QtBot, desk: Desk) -> None:
    run(qtbot, desk)
    desk.compare.show_session(session_of(two_prompts(), []))
    assert desk.window.page.columns.isVisible()
