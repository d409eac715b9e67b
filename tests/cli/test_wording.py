"""Numbers in words."""

from __future__ import annotations

import pytest

from cli.wording import (
    count,
    endings,
    figures_line,
    models_line,
    seconds,
    settings_line,
    significant,
    size,
)
from engine.contract import Timing
from tests.cli.fakes import reply
from tests.resolved import RESOLVED


@pytest.mark.parametrize(
    ("value", "text"), [(105.4, "105"), (51.44, "51.4"), (0.832, "0.83"), (12345.0, "12,345")]
)
def test_figures_have_three_digits_and_no_exponent(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "12.3 ms"), (0.11, "0.11 s"), (45.26, "45.3 s"), (125.0, "2 min 5 s")],
)
def test_seconds_are_read_at_a_glance(value: float, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(12, "12 B"), (98_000_000, "98 MB"), (4_700_000_000, "4.7 GB")]
)
def test_sizes_are_decimal(value: int, text: str) -> None:
    assert size(value) == text


def test_one_is_not_many() -> None:
    assert [count(1, "reply"), count(2, "reply"), count(2, "token")] == [
        "1 reply",
        "2 replies",
        "2 tokens",
    ]


def test_a_figure_that_is_absent_is_left_out_of_the_line() -> None:
    assert figures_line(reply("A", timing=Timing())) == "end of text"


def test_shared_timings_say_so() -> None:
    assert "shared machine" in figures_line(reply("A", timing=Timing(shared=True)))


def test_endings_are_counted_most_frequent_first() -> None:
    made = [reply("A", finish_reason=reason) for reason in ("length", "stop", "stop")]
    assert endings(made) == "2× end of text\n1× length limit"


def test_names_that_differ_in_their_last_word_give_the_rest_once() -> None:
    assert models_line(["S 1B Q4", "S 1B Q8", "T Q4"]) == "S 1B Q4, Q8 · T Q4"


def test_settings_say_what_a_load_became() -> None:
    assert settings_line(RESOLVED).startswith("context 512 · 1 thread · 0 of 3 layers on the GPU")
