from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication

from engine.contract import (
    Began,
    Case,
    Contender,
    Energy,
    EnergyPart,
    Event,
    Finished,
    Loaded,
    Loading,
    Message,
    Notice,
    NotRecorded,
    Plan,
    Replied,
    Sampling,
    Started,
    Unloaded,
    WarmingUp,
)
from gui.compare.board_model import BoardModel
from gui.compare.cells import Phase
from tests.gui.fakes import RUNTIME, contender, failure, pieces, reply_to, session_of, whole_run

A, B = contender("Q8_0"), contender("Q2_K")


@pytest.fixture
def board(qapp: QCoreApplication) -> BoardModel:
    return BoardModel()


def plan(*, cases: int = 1, repeats: int = 1, contenders: tuple[Contender, ...] = (A, B)) -> Plan:
    asked = tuple(
        Case(id=str(n + 1), messages=(Message(role="user", content=f"Question {n + 1}"),))
        for n in range(cases)
    )
    return Plan(contenders=contenders, cases=asked, repeats=repeats)


def feed(board: BoardModel, *events: Event) -> None:
    for event in events:
        board.take(event)


def phase(board: BoardModel, of: Contender) -> Phase:
    return board.column(of.name).phase


def test_a_column_goes_through_the_states_of_its_contender(board: BoardModel) -> None:
    board.begin(plan())
    seen = [phase(board, A)]
    for event in (
        Loading(contender=A.name, fraction=0.43),
        WarmingUp(contender=A.name),
        Loaded(contender=A.name, load_s=0.4, runtime=RUNTIME),
        Started(contender=A.name, case="1", repeat=0),
        pieces(A.name, "Hello")[0],
        Replied(reply=reply_to(A.name)),
    ):
        board.take(event)
        seen.append(phase(board, A))
    assert seen == [
        Phase.QUEUED,
        Phase.LOADING,
        Phase.WARMING_UP,
        Phase.QUEUED,
        Phase.STARTED,
        Phase.RUNNING,
        Phase.DONE,
    ]
    assert phase(board, B) is Phase.QUEUED


def test_loading_tells_how_far_it_is(board: BoardModel) -> None:
    board.begin(plan())
    board.take(Loading(contender=A.name, fraction=0.43))
    assert board.column(A.name).load_fraction == 0.43
    board.take(Unloaded(contender=A.name, reason="room"))
    assert board.column(A.name).load_fraction is None
    assert phase(board, A) is Phase.QUEUED


def test_pieces_add_up_apart_for_text_and_reasoning(board: BoardModel) -> None:
    board.begin(plan())
    board.take(Started(contender=A.name, case="1", repeat=0))
    feed(board, *pieces(A.name, "I think so", reasoning=True), *pieces(A.name, "It is blue"))
    assert board.text(A.name) == ("It is blue", "I think so")
    assert board.text(B.name) == ("", "")


def test_a_reply_replaces_what_was_streamed(board: BoardModel) -> None:
    board.begin(plan())
    feed(board, *pieces(A.name, "It is bl"), Replied(reply=reply_to(A.name, text="It is blue.")))
    assert board.text(A.name) == ("It is blue.", "")


def test_a_failure_is_shown_with_its_reason_and_what_came_before_it(board: BoardModel) -> None:
    board.begin(plan())
    board.take(failure(A.name, "The worker was killed.", ["last words"]))
    view = board.column(A.name)
    assert view.phase is Phase.FAILED
    assert view.reply is not None
    assert (view.reply.error, view.reply.log) == ("The worker was killed.", ("last words",))


def test_what_a_stop_cut_off_is_marked_and_the_rest_was_not_run(board: BoardModel) -> None:
    board.begin(plan())
    feed(
        board,
        Replied(reply=reply_to(A.name, text="It is", finish_reason="stopped")),
        Finished(status="stopped", elapsed_s=1),
    )
    assert (phase(board, A), phase(board, B)) == (Phase.STOPPED, Phase.NOT_RUN)
    assert board.status == "stopped"


def test_the_shown_prompt_follows_the_run_until_another_is_chosen(board: BoardModel) -> None:
    board.begin(plan(cases=3))
    board.take(Started(contender=A.name, case="2", repeat=0))
    assert board.shown_case_index == 1
    board.show_case(0)
    board.take(Started(contender=A.name, case="3", repeat=0))
    assert board.shown_case_index == 0


def test_pieces_of_a_prompt_that_is_not_shown_are_kept_but_not_streamed(board: BoardModel) -> None:
    board.begin(plan(cases=2))
    board.show_case(1)
    streamed: list[str] = []
    board.streamed.connect(lambda name, piece: streamed.append(name))
    feed(board, *pieces(A.name, "One two", case="1"))
    assert not streamed
    board.show_case(0)
    assert board.text(A.name)[0] == "One two"


def test_repeats_give_the_median_the_spread_and_their_number(board: BoardModel) -> None:
    board.begin(plan(repeats=3))
    for repeat, speed in enumerate((50.0, 52.0, 60.0)):
        board.take(Replied(reply=reply_to(A.name, repeat=repeat, speed=speed)))
    speed_of_a = board.column(A.name).speed
    assert speed_of_a is not None
    assert (speed_of_a.median, speed_of_a.n) == (52.0, 3)
    assert speed_of_a.spread_percent == pytest.approx(9.8, abs=0.1)


def test_the_latest_repeat_is_shown_until_one_is_chosen(board: BoardModel) -> None:
    board.begin(plan(repeats=3))
    feed(board, *[Started(contender=A.name, case="1", repeat=n) for n in range(2)])
    assert board.column(A.name).shown_repeat == 1
    board.show_repeat(A.name, 0)
    board.take(Started(contender=A.name, case="1", repeat=2))
    assert board.column(A.name).shown_repeat == 0


@pytest.mark.parametrize(
    ("speeds", "words"),
    [
        ((50.0, 100.0), (("50 % of the fastest", False), ("Fastest", True))),
        ((99.0, 100.0), (("About as fast as the others", False),) * 2),
    ],
)
def test_the_fastest_is_named_only_where_the_speeds_differ_by_more_than_noise(
    board: BoardModel, speeds: tuple[float, float], words: tuple[tuple[str, bool], ...]
) -> None:
    board.begin(plan())
    for each, speed in zip((A, B), speeds, strict=True):
        board.take(Replied(reply=reply_to(each.name, speed=speed)))
    assert board.column(A.name).standing == ("", False)
    board.take(Finished(status="finished", elapsed_s=1))
    assert (board.column(A.name).standing, board.column(B.name).standing) == words


def test_a_lead_within_the_spread_of_the_repeats_is_no_lead(board: BoardModel) -> None:
    board.begin(plan(repeats=3))
    for each, speeds in ((A, (50.0, 90.0, 130.0)), (B, (60.0, 100.0, 140.0))):
        for repeat, speed in enumerate(speeds):
            board.take(Replied(reply=reply_to(each.name, repeat=repeat, speed=speed)))
    board.take(Finished(status="finished", elapsed_s=1))
    assert board.column(B.name).standing == ("About as fast as the others", False)


def test_nobody_is_the_fastest_alone(board: BoardModel) -> None:
    board.begin(plan(contenders=(A,)))
    board.take(Replied(reply=reply_to(A.name)))
    board.take(Finished(status="finished", elapsed_s=1))
    assert board.column(A.name).standing == ("", False)


def test_a_reopened_session_shows_just_what_the_run_showed(board: BoardModel) -> None:
    asked = plan(cases=2, repeats=2)
    live = BoardModel()
    live.begin(asked)
    feed(live, *whole_run(asked, "A long answer"))
    replies = [reply for each in (A, B) for case in "12" for reply in live.replies(each.name, case)]
    assert len(replies) == 8
    board.open(session_of(asked, replies))
    for index in range(2):
        live.show_case(index)
        board.show_case(index)
        for each in (A, B):
            shown = board.column(each.name)
            assert shown.speed == live.column(each.name).speed
            assert shown.standing == live.column(each.name).standing
            for repeat in range(2):
                live.show_repeat(each.name, repeat)
                board.show_repeat(each.name, repeat)
                assert board.text(each.name) == live.text(each.name)
                assert board.column(each.name).reply == live.column(each.name).reply


def test_an_interrupted_session_says_what_is_missing(board: BoardModel) -> None:
    board.open(session_of(plan(), [reply_to(A.name)], status="interrupted"))
    assert (phase(board, A), phase(board, B)) == (Phase.DONE, Phase.NOT_RUN)
    assert board.unfinished
    assert (board.reply_count, board.planned_count) == (1, 2)


def test_a_resumed_session_keeps_its_replies_and_waits_for_the_rest(board: BoardModel) -> None:
    board.open(session_of(plan(), [reply_to(A.name)], status="interrupted"), resuming=True)
    assert (phase(board, A), phase(board, B)) == (Phase.DONE, Phase.QUEUED)


def test_an_answer_to_an_unknown_contender_is_left_out_of_a_reopened_session(
    board: BoardModel,
) -> None:
    board.open(session_of(plan(), [reply_to("somebody else")]))
    assert board.reply_count == 0


def test_notices_are_passed_on(board: BoardModel) -> None:
    told: list[str] = []
    board.noticed.connect(told.append)
    board.begin(plan())
    feed(board, Notice(text="It got hot."), NotRecorded(reason="the disk is full."))
    assert told == ["It got hot.", "This session is not being recorded: the disk is full."]


def test_the_session_of_a_run_is_known_once_it_has_begun(board: BoardModel) -> None:
    board.begin(plan())
    assert board.session_id is None
    board.take(Began(session="abc"))
    assert board.session_id == "abc"


def test_a_contender_can_carry_its_own_sampling_into_the_board(board: BoardModel) -> None:
    warm = msgspec.structs.replace(A, sampling=Sampling(temperature=0.7))
    board.begin(plan(contenders=(warm, B)))
    assert board.column(A.name).contender == warm


def test_a_reply_too_short_for_its_sensor_shows_the_figure_of_its_pool(board: BoardModel) -> None:
    part = EnergyPart(
        name="GPU 0",
        covers="gpu",
        source="NVML",
        label="measured",
        seconds=0.5,
        step_s=0.1,
        joules=20.0,
    )
    short = Energy(kind="measured", too_short=True, parts=(part,), absent={"joules": "Too short."})
    board.begin(plan(repeats=12))
    for repeat in range(12):
        board.take(Replied(reply=reply_to(A.name, repeat=repeat, energy=short)))
    shown = board.column(A.name).reply
    assert shown is not None
    assert (shown.energy.joules, shown.energy.pooled_replies) == (20.0, 12)
