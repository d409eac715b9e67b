from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from engine.contract import Event, Plan, Replied
from gui.app import Desk
from gui.word_diff import foreign_spans, in_utf16
from tests.gui.acting import A, B, OpenDesk, draw_up, finish
from tests.gui.fakes import FakeBench, Fakes, reply_to, whole_run

TEXTS = st.text(st.sampled_from("ab 🦉\n"), max_size=30)


def marked(reference: str, text: str) -> list[str]:
    return [text[start:end] for start, end in foreign_spans(reference, text)]


@pytest.mark.parametrize(
    ("reference", "text", "words"),
    [
        ("the sky is blue", "the sky is blue", []),
        ("the sky is blue", "the sky looks very blue", ["looks very"]),
        ("the sky is blue", "The sky is", ["The"]),
        ("a b c", "a c", []),
        ("one two", "one\n\ntwo", ["\n\n"]),
        ("", "all new", ["all new"]),
        ("all gone", "", []),
        ("blue.", "blue", ["blue"]),
    ],
)
def test_whole_words_are_marked(reference: str, text: str, words: list[str]) -> None:
    assert marked(reference, text) == words


@given(TEXTS, TEXTS)
def test_spans_are_in_order_apart_and_inside_the_text(reference: str, text: str) -> None:
    spans = foreign_spans(reference, text)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text) for edge in edges)


@given(TEXTS)
def test_a_text_has_nothing_that_it_lacks_itself(text: str) -> None:
    assert foreign_spans(text, text) == []


@given(TEXTS, TEXTS)
def test_as_few_words_are_marked_as_can_be(reference: str, text: str) -> None:
    marked_words = " ".join(marked(reference, text)).split()
    assert len(marked_words) == len(text.split()) - common(reference.split(), text.split())


def common(one: list[str], other: list[str]) -> int:
    """Length of a longest common subsequence, by the textbook's table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, first in enumerate(one):
        for j, second in enumerate(other):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if first == second else longer
    return table[-1][-1]


def test_replies_that_go_round_in_circles_take_no_time() -> None:
    begun = time.process_time()
    assert foreign_spans("yes no " * 2000, "no yes yes " * 1500)
    assert time.process_time() - begun < 1.0


@given(TEXTS, TEXTS)
def test_qt_counts_the_same_words(reference: str, text: str) -> None:
    spans = foreign_spans(reference, text)
    coded = text.encode("utf-16-le")
    for (start, end), (first, last) in zip(spans, in_utf16(text, spans), strict=True):
        assert coded[2 * first : 2 * last].decode("utf-16-le") == text[start:end]


def two_answers(plan: Plan) -> Iterator[Event]:
    other = "🦉 The **sky** looks blue.\n\n- one\n- three"
    for event in whole_run(plan, "The **sky** is blue.\n\n- one\n- two"):
        if isinstance(event, Replied) and event.reply.contender == B.name:
            yield Replied(reply=reply_to(B.name, text=other))
        else:
            yield event


def marks(desk: Desk, name: str) -> list[str]:
    column = desk.window.page.columns.column(name)
    assert column is not None
    return [each.cursor.selectedText() for each in column.reply.area.extraSelections()]


def test_the_toggle_marks_what_the_first_column_lacks(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = open_desk(Fakes(tmp_path, bench=FakeBench(two_answers)))
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    action = desk.window.actions_table.action("marks")
    action.trigger()
    assert action.isChecked()
    assert marks(desk, A.name) == []
    assert marks(desk, B.name) == ["🦉", "looks", "three"]
    desk.window.page.toggle_raw()
    qtbot.waitUntil(lambda: marks(desk, B.name) == ["🦉", "looks", "three"])
    desk.compare.contenders.move(B.name, 0)
    qtbot.waitUntil(lambda: marks(desk, A.name) == ["is", "two"])
    assert marks(desk, B.name) == []
    button = desk.window.page.asked.marks
    assert button.isChecked()
    button.click()
    assert marks(desk, A.name) == []
    assert not action.isChecked()
