from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.worker.stops import StopFinder

TEXTS = st.text("abc", max_size=30)
STOPS = st.lists(st.text("abc", min_size=1, max_size=5), max_size=4)


def run(stops: Sequence[str], pieces: Sequence[str]) -> tuple[str, bool]:
    finder = StopFinder(stops)
    passed = ""
    for piece in pieces:
        emitted, stopped = finder.feed(piece)
        passed += emitted
        if stopped:
            return passed + finder.finish(), True
    return passed + finder.finish(), False


def expected(stops: Sequence[str], text: str) -> tuple[str, bool]:
    """By trying every beginning of the text, shortest first."""
    for end in range(1, len(text) + 1):
        complete = [stop for stop in stops if text[:end].endswith(stop)]
        if complete:
            return text[: end - len(max(complete, key=len))], True
    return text, False


def cut(text: str, cuts: Sequence[int]) -> list[str]:
    edges = [0, *sorted(each % (len(text) + 1) for each in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


@given(STOPS, TEXTS, st.lists(st.integers(0, 30), max_size=8))
def test_text_ends_before_the_stop_string_that_is_complete_first(
    stops: list[str], text: str, cuts: list[int]
) -> None:
    assert run(stops, cut(text, cuts)) == expected(stops, text)


@given(STOPS, TEXTS)
def test_no_more_is_held_back_than_could_become_a_stop_string(stops: list[str], text: str) -> None:
    finder = StopFinder(stops)
    emitted, stopped = finder.feed(text)
    if not stopped:
        held = text[len(emitted) :]
        begins = [text[k:] for k in range(len(text)) if any(s.startswith(text[k:]) for s in stops)]
        assert held == max(begins, key=len, default="")


@pytest.mark.parametrize(
    ("stops", "pieces", "text"),
    [
        (["</s>"], ["Paris", ".<", "/", "s", "> and more"], "Paris."),
        (["\n\n"], ["one\n", "two\n", "\n", "three"], "one\ntwo"),
        (["abcd", "c"], ["abcd"], "ab"),
        (["ab", "aab"], ["xaa", "b"], "x"),
        (["END"], ["", "E", "", "N", "", "D"], ""),
    ],
)
def test_a_stop_string_is_found_across_pieces(
    stops: list[str], pieces: list[str], text: str
) -> None:
    assert run(stops, pieces) == (text, True)


def test_a_beginning_that_comes_to_nothing_is_passed_on() -> None:
    assert run(["<end>"], ["a <e", "n", "tity> b <"]) == ("a <entity> b <", False)


def test_nothing_follows_a_stop() -> None:
    finder = StopFinder(["."])
    assert finder.feed("a. b") == ("a", True)
    assert finder.feed("more") == ("", True)
    assert finder.finish() == ""


def test_empty_stop_strings_mean_nothing() -> None:
    assert run(["", ""], ["abc"]) == ("abc", False)
