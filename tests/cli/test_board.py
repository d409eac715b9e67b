"""What a run looks like at each moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.board import Board, Column
from engine.contract import (
    Failed,
    Loaded,
    Loading,
    Notice,
    NotRecorded,
    Piece,
    Plan,
    Replied,
    Started,
    Unloaded,
    WarmingUp,
)
from tests.cli.fakes import reply
from tests.engine.fakes import contender, plan
from tests.resolved import RESOLVED


@pytest.fixture
def two() -> Plan:
    return plan(contender("answer", "A"), contender("answer", "B"), cases=2, repeats=2)


@pytest.fixture
def board(two: Plan) -> Board:
    ticks = iter(range(1000))
    return Board(two, clock=lambda: float(next(ticks)))


def column(board: Board, name: str) -> Column:
    return next(each for each in board.snapshot().columns if each.name == name)


def start(board: Board, name: str = "A", case: str = "1", repeat: int = 0) -> None:
    board.apply(Started(contender=name, case=case, repeat=repeat))


def piece(board: Board, text: str, tokens: int, channel: str = "text") -> None:
    board.apply(
        Piece(
            contender="A",
            case="1",
            repeat=0,
            text=text,
            channel=channel,  # type: ignore[arg-type]  # one of the two
            generated_tokens=tokens,
        )
    )


def states(board: Board) -> Iterator[str]:
    yield column(board, "A").state
    board.apply(Loading(contender="A", fraction=0.43))
    yield column(board, "A").state
    board.apply(WarmingUp(contender="A"))
    yield column(board, "A").state
    board.apply(Loaded(contender="A", load_s=0.5, runtime=RESOLVED))
    yield column(board, "A").state
    start(board)
    yield column(board, "A").state
    piece(board, "One", 1)
    yield column(board, "A").state
    board.apply(Replied(reply=reply("A")))
    yield column(board, "A").state


def test_a_contender_passes_through_its_states_in_words(board: Board) -> None:
    assert list(states(board)) == [
        "queued",
        "loading 43 %",
        "warming up",
        "waiting its turn",
        "reading the prompt",
        "running · 1 token",
        "done · 53 tokens · 51.4 tok/s",
    ]


def test_the_live_rate_counts_from_the_first_token(board: Board) -> None:
    start(board)
    piece(board, "a", 1)
    piece(board, "b", 5)
    assert column(board, "A").state.startswith("running · 5 tokens · ")
    assert column(board, "A").state.endswith("tok/s")


def test_text_and_thinking_are_kept_apart(board: Board) -> None:
    start(board)
    piece(board, "hm ", 1, "reasoning")
    piece(board, "Yes", 2)
    piece(board, ".", 3)
    shown = column(board, "A")
    assert (shown.reasoning, shown.text) == ("hm ", "Yes.")


def test_a_failure_says_why_and_the_others_go_on(board: Board) -> None:
    start(board)
    failed = reply("A", text="", finish_reason="error", error="The file is damaged.")
    board.apply(Failed(reply=failed))
    start(board, "B")
    assert column(board, "A").state == "failed: The file is damaged."
    assert column(board, "A").mood == "failed"
    assert column(board, "B").mood == "busy"


def test_a_new_prompt_clears_the_columns(board: Board) -> None:
    start(board)
    board.apply(Replied(reply=reply("A", text="old")))
    start(board, "B", case="2")
    assert column(board, "A").text == ""
    assert board.snapshot().case == 1


def test_going_back_to_a_prompt_shows_what_was_replied_to_it(board: Board) -> None:
    for case in ("1", "2"):
        start(board, "A", case)
        board.apply(Replied(reply=reply("A", case, text=f"to {case}")))
    start(board, "B", "1")
    assert column(board, "A").text == "to 1"


def test_replies_are_counted_those_of_an_earlier_run_too(two: Plan) -> None:
    board = Board(two, earlier=[reply("A", "1")])
    start(board, "B")
    board.apply(Replied(reply=reply("B", "1")))
    assert (board.snapshot().done, board.snapshot().jobs) == (2, 8)
    assert [each.contender for each in board.replies()] == ["A", "B"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Notice(text="It varied."), "It varied."),
        (NotRecorded(reason="The disk is full."), "The disk is full."),
        (Unloaded(contender="A", reason="made room for B"), "made room for B"),
    ],
)
def test_what_the_reader_should_know_becomes_a_note(
    board: Board, event: Notice | NotRecorded | Unloaded, words: str
) -> None:
    assert words in (board.apply(event) or "")
