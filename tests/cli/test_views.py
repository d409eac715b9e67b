"""Boards, replies and timings as they are drawn."""

from __future__ import annotations

import pytest

from cli.board import Board
from cli.board_view import BoardView, columns_that_fit
from cli.replies_view import print_case
from cli.timings_view import leaders, print_timings, without_common_words
from engine.contract import Energy, Piece, Plan, Started, Timing
from engine.summary import summarise
from tests.cli.fakes import paper, reply, terminal, written
from tests.cli.test_terminal import EVIL
from tests.engine.fakes import case, contender

LONG = "word " * 60


@pytest.mark.parametrize(
    ("width", "wanted", "columns"),
    [(80, 2, 2), (80, 3, 2), (120, 3, 3), (120, 4, 2), (200, 5, 5), (40, 3, 1), (10, 2, 1)],
)
def test_columns_stand_side_by_side_where_they_fit(width: int, wanted: int, columns: int) -> None:
    assert columns_that_fit(width, wanted) == columns


def drawn(width: int, height: int, text: str, *, contenders: int = 2, prompt: str = "Why?") -> str:
    names = [chr(ord("A") + number) for number in range(contenders)]
    run = Plan(
        contenders=tuple(contender("answer", name) for name in names),
        cases=(case(text=prompt),),
    )
    board = Board(run)
    for name in names:
        board.apply(Started(contender=name, case="1", repeat=0))
        board.apply(Piece(contender=name, case="1", repeat=0, text=text, generated_tokens=1))
    console = terminal(width, height)
    console.print(BoardView(board, run))
    return written(console)


def test_a_board_shows_both_contenders_in_one_line_of_a_wide_terminal() -> None:
    assert any("A" in line and "B" in line for line in drawn(80, 40, "Yes").splitlines())


def test_a_long_prompt_is_cut_and_says_how_long_it_is() -> None:
    console = paper()
    print_case(console, case(text="word " * 2000), 1, 1, [reply("A", text="the reply")])
    assert "(9999 characters)" in written(console)
    assert len(written(console)) < 1000


@pytest.mark.parametrize("contenders", [1, 2, 5, 12, 30])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (40, 24), (30, 12)])
def test_a_board_never_outgrows_its_terminal(width: int, height: int, contenders: int) -> None:
    board = drawn(width, height, LONG * 20, contenders=contenders, prompt=LONG)
    assert len(board.splitlines()) < height
    assert max(map(len, board.splitlines())) <= width


def test_many_contenders_in_a_small_terminal_get_a_line_each_and_the_busy_ones_text() -> None:
    board = drawn(60, 24, "the reply", contenders=12)
    assert board.count("running · 1 token") == 12
    assert "the reply" in board


def test_a_board_shows_the_end_of_a_long_text() -> None:
    assert "the very end" in drawn(80, 24, LONG * 20 + " the very end")


def test_a_board_lets_no_control_character_through() -> None:
    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(drawn(80, 24, EVIL))


def columns_of(width: int) -> str:
    console = terminal(width)
    print_case(console, case(), 1, 1, [reply("first", text="one"), reply("second", text="two")])
    return written(console)


def test_replies_stand_side_by_side_in_a_wide_terminal_and_stacked_in_a_narrow_one() -> None:
    assert any("one" in line and "two" in line for line in columns_of(80).splitlines())
    assert not any("one" in line and "two" in line for line in columns_of(40).splitlines())


def test_each_reply_has_its_quiet_line() -> None:
    assert (
        columns_of(160).count("51.4 tok/s · 53 tokens · 0.11 s to first token · end of text") == 2
    )


def test_a_file_gets_replies_unwrapped() -> None:
    console = paper()
    print_case(console, case(), 1, 1, [reply("A", text=LONG)])
    assert LONG in written(console)


@pytest.mark.parametrize("console", [terminal(80), paper()], ids=["terminal", "file"])
def test_replies_names_and_prompts_are_written_without_control_characters(console: object) -> None:
    made = [
        reply(EVIL, text=EVIL, reasoning=EVIL),
        reply("B" + EVIL, text=EVIL, finish_reason="error", error=EVIL),
    ]
    assert isinstance(console, type(paper()))
    print_case(console, case(text=EVIL), 1, 2, made)
    print_timings(console, made, [each.contender for each in made])
    assert not {"\x1b", "\x9b", "\x07", "\x7f", "\r", "\u202e"} & set(written(console))


def test_thinking_and_failures_are_shown() -> None:
    console = terminal(120)
    made = [
        reply("A", reasoning="Let me see."),
        reply("B", text="Half", finish_reason="error", error="It crashed."),
    ]
    print_case(console, case(), 1, 1, made)
    for words in ("Let me see.", "Half", "failed: It crashed."):
        assert words in written(console)


def test_energy_stands_below_the_figures_where_there_is_one() -> None:
    console = terminal(120)
    energy = Energy(joules=3.4, low_joules=1.7, high_joules=6.8, kind="estimated")
    print_case(console, case(), 1, 1, [reply("A", energy=energy)])
    assert "about 3.4 J, estimated" in written(console)


def speed(tokens_per_s: float) -> Timing:
    return Timing(generation_tokens_per_s=tokens_per_s, generated_tokens=10)


def test_the_fastest_is_marked_with_a_word() -> None:
    console = terminal(120)
    made = [reply("A", timing=speed(50)), reply("B", timing=speed(100))]
    print_timings(console, made, ["A", "B"])
    assert written(console).count("fastest") == 1


@pytest.mark.parametrize(
    ("speeds", "leading"),
    [
        ({"A": 50.0, "B": 100.0}, ("B",)),
        ({"A": 98.0, "B": 100.0}, ()),
        ({"A": 98.0, "B": 100.0, "C": 50.0}, ("A", "B")),
        ({"A": 100.0}, ()),
    ],
)
def test_speeds_within_the_noise_are_not_told_apart(
    speeds: dict[str, float], leading: tuple[str, ...]
) -> None:
    made = [reply(name, timing=speed(value)) for name, value in speeds.items()]
    assert leaders(summarise(made)) == leading


def test_repeats_give_median_spread_and_n() -> None:
    console = terminal(120)
    made = [reply("A", repeat=n, timing=speed(value)) for n, value in enumerate((90, 100, 110))]
    print_timings(console, made, ["A"])
    text = written(console)
    assert "100" in text
    assert "± 10.0 %" in text
    assert "3× end of text" in text


def test_a_figure_that_could_not_be_had_is_a_dash() -> None:
    console = terminal(120)
    print_timings(console, [reply("A", timing=speed(90))], ["A"])
    assert "–" in written(console)


def test_there_is_no_table_without_figures() -> None:
    console = terminal(120)
    print_timings(console, [reply("A", finish_reason="error", error="No.")], ["A"])
    assert written(console) == ""


def test_a_narrow_table_leaves_out_what_all_names_begin_with() -> None:
    assert without_common_words(["S 1B Q4", "S 1B Q8"]) == ("S 1B", ["Q4", "Q8"])
    assert without_common_words(["A Q4", "B Q4"]) == ("", ["A Q4", "B Q4"])
    assert without_common_words(["S 1B", "S"]) == ("", ["S 1B", "S"])


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_its_terminal(width: int) -> None:
    console = terminal(width)
    names = ["SmolLM2-135M-Instruct Q4_1", "SmolLM2-135M-Instruct Q2_K"]
    made = [
        reply(name, repeat=n, timing=speed(100 + n), finish_reason=reason)
        for name in names
        for n, reason in enumerate(("stop", "length", "stop"))
    ]
    print_timings(console, made, names)
    text = written(console)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text.replace("SmolLM2-135M-Instruct …", "")
    for word in ("2×", "end", "text", "1×", "length"):
        assert text.count(word) >= len(names)
