from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from pytestqt.qtbot import QtBot

from engine.contract import Case, Message
from engine.divergence import Divergence
from engine.errors import RequestError
from gui.app import Desk
from gui.design import COLOURS, Scheme
from gui.divergence.divergence_dialog import DivergenceDialog
from gui.divergence.divergence_model import Question
from gui.divergence.ramp import LIMITS, colour_of, step_of
from gui.divergence.token_text import TokenText
from gui.divergence.words import (
    brief_names,
    clean,
    margin_words,
    percent,
    points,
    quoted,
    summary,
    token_rows,
    token_verdict,
)
from gui.theme import Theme
from tests.gui.acting import A, B, C, OpenDesk, draw_up, finish, key
from tests.gui.fake_divergence import FakeDivergenceBench, token, tokens_of
from tests.gui.fakes import FakeBench, Fakes, whole_run
from tests.gui.test_accessibility import nameless

REPLY = "The sky is blue because air\nscatters short <i>waves</i> more than long ones."


def desk_with_replies(
    qtbot: QtBot, open_desk: OpenDesk, folder: Path, bench: FakeDivergenceBench, text: str = REPLY
) -> Desk:
    fakes = Fakes(folder, bench=FakeBench(lambda plan: whole_run(plan, text)))
    fakes.divergence = bench
    desk = open_desk(fakes)
    draw_up(desk)
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    return desk


def ask(qtbot: QtBot, desk: Desk, name: str, choice: int = 0) -> DivergenceDialog:
    """Press the column's button and choose from its menu."""
    page = desk.window.page
    column = page.columns.column(name)
    assert column is not None
    column.diverge.click()
    menu = page.asker.menu
    if len(desk.compare.contenders.contenders) > 2:
        assert menu is not None
        action = menu.actions()[choice]
        menu.close()
        action.trigger()
    return dialog_of(desk)


def dialog_of(desk: Desk) -> DivergenceDialog:
    found = desk.window.findChild(DivergenceDialog)
    assert isinstance(found, DivergenceDialog)
    return found


def shown(qtbot: QtBot, desk: Desk, dialog: DivergenceDialog) -> Divergence:
    qtbot.waitUntil(dialog.text.isVisible, timeout=5000)
    assert desk.divergence.result is not None
    return desk.divergence.result


def test_a_columns_reply_is_read_by_the_chosen_contender(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    bench = FakeDivergenceBench()
    desk = desk_with_replies(qtbot, open_desk, tmp_path, bench)
    dialog = ask(qtbot, desk, A.name, choice=1)
    found = shown(qtbot, desk, dialog)
    reference, candidate, case, reply = bench.asked[0]
    assert (reference.name, candidate.name, reply) == (A.name, C.name, REPLY)
    assert case.messages[-1].content == "Why?"
    assert dialog.windowTitle() == "Where would Q2_K differ from Q8_0?"
    assert dialog.sentence.text().startswith(f"At {len(found.differing)} of ")
    assert "The first is token 2" in dialog.sentence.text()
    assert "undecided at 1 of them" in dialog.sentence.text()
    assert not nameless(dialog)


def test_with_two_contenders_nobody_is_asked_who_reads(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = desk_with_replies(qtbot, open_desk, tmp_path, FakeDivergenceBench())
    desk.compare.contenders.remove(C.name)
    desk.window.actions_table.action("diverge").trigger()
    dialog = dialog_of(desk)
    shown(qtbot, desk, dialog)
    assert desk.window.page.asker.menu is None
    assert dialog.windowTitle() == "Where would Q4_1 differ from Q8_0?"


def test_the_action_says_why_it_cannot_be_used(qtbot: QtBot, desk: Desk) -> None:
    action = desk.window.actions_table.action("diverge")
    assert not action.isEnabled()
    draw_up(desk)
    column = desk.window.page.columns.column(A.name)
    assert column is not None
    assert not column.diverge.isEnabled()
    assert column.diverge.toolTip() == "There is no finished reply to compare."
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    assert action.isEnabled()
    desk.compare.contenders.remove(C.name)
    desk.compare.contenders.remove(B.name)
    assert column.diverge.toolTip() == "Add another model first."
    assert not action.isEnabled()


def test_a_model_whose_folder_is_not_known_takes_no_part(qtbot: QtBot, desk: Desk) -> None:
    """A session that was exported without folders has such models."""
    nowhere = [
        msgspec.structs.replace(each, model=msgspec.structs.replace(each.model, path="x.gguf"))
        for each in (A, B)
    ]
    desk.compare.contenders.replace_all((*nowhere, C))
    desk.window.page.composer.prompt.setPlainText("Why?")
    desk.window.page.composer.run.click()
    finish(qtbot, desk)
    why_not = desk.window.page.asker.why_not
    assert why_not(A.name) == f"Where the file of {A.name} lies is not known."
    assert why_not(C.name) == "Add another model first."


def test_reasoning_that_was_left_out_is_told(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    fakes = Fakes(tmp_path)
    desk = open_desk(fakes)
    case = Case(id="1", messages=(Message(role="user", content="Why?"),))
    question = Question(reference=A, candidate=B, case=case, reply=REPLY, reasoned=True)
    desk.window.page.divergence_wanted.emit(question)
    dialog = dialog_of(desk)
    shown(qtbot, desk, dialog)
    assert "reasoning before this reply was left out" in dialog.sentence.text()


def test_cancel_ends_the_run_and_nothing_else_starts_meanwhile(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    bench = FakeDivergenceBench(hold=threading.Event())
    desk = desk_with_replies(qtbot, open_desk, tmp_path, bench)
    dialog = ask(qtbot, desk, A.name)
    qtbot.waitUntil(lambda: dialog.progress.value() == 700)
    assert dialog.waiting.text() == "Loading Q4_1…"
    assert desk.compare.why_not_run()
    assert desk.quality.why_not_run()
    dialog.end.click()
    qtbot.waitUntil(lambda: not desk.divergence.running)
    assert bench.stopped.is_set()
    assert not desk.compare.why_not_run()


def test_closing_the_window_ends_the_run(qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path) -> None:
    bench = FakeDivergenceBench(hold=threading.Event())
    desk = desk_with_replies(qtbot, open_desk, tmp_path, bench)
    dialog = ask(qtbot, desk, A.name)
    qtbot.waitUntil(lambda: dialog.progress.value() == 700)
    desk.window.close()
    assert bench.stopped.is_set()


def test_a_refusal_is_told_in_its_sentence(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    bench = FakeDivergenceBench(fault=RequestError("These two cut text into different tokens."))
    desk = desk_with_replies(qtbot, open_desk, tmp_path, bench)
    dialog = ask(qtbot, desk, A.name)
    qtbot.waitUntil(lambda: "different tokens" in dialog.waiting.text())
    assert dialog.end.text() == "Close"
    assert not dialog.text.isVisible()


def test_keys_go_through_differences_and_tokens(
    qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path
) -> None:
    desk = desk_with_replies(qtbot, open_desk, tmp_path, FakeDivergenceBench())
    dialog = ask(qtbot, desk, A.name)
    places = shown(qtbot, desk, dialog).differing
    model = desk.divergence
    assert model.place == places[0]
    key(qtbot, dialog.text, Qt.Key.Key_N)
    assert model.place == places[1]
    key(qtbot, dialog.text, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert model.place == places[0]
    key(qtbot, dialog.text, Qt.Key.Key_P)
    assert model.place == places[-1]
    key(qtbot, dialog.text, Qt.Key.Key_F3)
    assert model.place == places[0]
    key(qtbot, dialog.text, Qt.Key.Key_Right)
    assert model.place == places[0] + 1
    key(qtbot, dialog.text, Qt.Key.Key_Home)
    assert model.place == 0
    key(qtbot, dialog.text, Qt.Key.Key_Left)
    assert model.place == 0
    key(qtbot, dialog.text, Qt.Key.Key_Down)
    assert model.place > 5


def test_the_chosen_token_is_explained(qtbot: QtBot, open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = desk_with_replies(qtbot, open_desk, tmp_path, FakeDivergenceBench())
    dialog = ask(qtbot, desk, A.name)
    shown(qtbot, desk, dialog)
    details = dialog.details
    rows = dict(details.words)
    assert details.title.text().startswith("Token 2 of ")
    assert details.verdict.text() == "Q4_1 would have written “ <b>other</b>”."
    assert rows["Rank for Q4_1"] == "2"
    assert rows["Δp"] == "−25.0 points"
    assert rows["Margin of Q8_0"].endswith("a coin flip")
    assert details.lists[0].texts[0] == "“ sky” ◂ in the reply"
    assert details.lists[1].texts[:2] == ["“ <b>other</b>”", "“ sky” ◂ in the reply"]
    key(qtbot, dialog.text, Qt.Key.Key_N)
    assert dict(details.words)["Margin of Q8_0"].endswith("a clear choice")


@pytest.fixture
def text(qtbot: QtBot, theme: Theme) -> TokenText:
    made = TokenText(theme)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


def show(text: TokenText, found: Divergence) -> None:
    text.show_tokens(found, ("Q8_0", "Q2_K"))


def divergence(reply: str = REPLY) -> Divergence:
    return Divergence(reference="a", candidate="b", tokens=tokens_of(reply))


def format_at(text: TokenText, place: int) -> QTextCharFormat:
    cursor = QTextCursor(text.document())
    cursor.setPosition(text._starts[place] + 1)
    return cursor.charFormat()


def test_a_difference_is_told_by_a_line_and_not_by_colour_alone(text: TokenText) -> None:
    found = divergence()
    show(text, found)
    for place in range(len(found.tokens)):
        lined = format_at(text, place).fontUnderline()
        assert lined == (place in found.differing), place
    colour = format_at(text, found.differing[0]).background().color()
    assert colour == QColor(colour_of(-3, "light") or "")


def test_the_text_stays_what_the_model_wrote(text: TokenText) -> None:
    show(text, divergence())
    assert text.toPlainText() == REPLY


def test_a_line_end_that_differs_can_be_seen(text: TokenText) -> None:
    tokens = (token("One", 1), token("\n", 2, other="."), token("two", 3))
    show(text, Divergence(reference="a", candidate="b", tokens=tokens))
    assert text.toPlainText() == "One↵\ntwo"


def test_tokens_are_found_again_after_astral_characters_and_line_ends(text: TokenText) -> None:
    reply = "A 🦉🦉 flew\r\nfar \u202eaway\x00 now and then"
    found = divergence(reply)
    show(text, found)
    for place in range(len(found.tokens)):
        cursor = text._cursor_over(place)
        assert clean(found.tokens[place].text).strip("\r\n \ufffd") in cursor.selectedText()
    assert "\u202e" not in text.toPlainText()


def test_tokens_that_share_a_character_are_one_place_in_the_text(
    text: TokenText, qtbot: QtBot
) -> None:
    """An emoji is mostly two tokens or more; here the second one differs."""
    whole = "🦙".encode()
    tokens = (
        token("A ", 1),
        replace(token("‹F0 9F›", 2), piece=whole[:2]),
        replace(token("‹A6 99›", 3, mine=0.9, its=0.1, other="‹A6 9A›"), piece=whole[2:]),
        token(".", 4),
    )
    show(text, Divergence(reference="a", candidate="b", tokens=tokens))
    assert text.toPlainText() == "A 🦙."
    shared = text._cursor_over(1)
    assert shared.selectedText() == text._cursor_over(2).selectedText() == "🦙"
    assert shared.charFormat().fontUnderline()
    assert shared.charFormat().background().color() == QColor(colour_of(-4, "light") or "")
    end = text.cursorRect(shared)
    assert text.place_at(QPoint(end.x() - 3, end.center().y())) == 2
    assert "Token 2 of 4: “‹F0 9F›”, part 1 of 2 of “🦙”" in text.hint(1)
    text.choose(2)
    with qtbot.waitSignal(text.token_chosen) as chosen:
        key(qtbot, text, Qt.Key.Key_End)
    assert chosen.args == [3]


def test_the_mouse_finds_the_token_under_it(text: TokenText) -> None:
    found = divergence()
    show(text, found)
    for place in (0, 3, len(found.tokens) - 1):
        cursor = text._cursor_over(place)
        cursor.setPosition(cursor.position())
        end = text.cursorRect(cursor)
        assert text.place_at(QPoint(end.x() - 3, end.center().y())) == place
    assert text.place_at(QPoint(400, 280)) is None


def test_a_tool_tip_escapes_what_the_models_wrote(text: TokenText) -> None:
    found = divergence()
    show(text, found)
    hint = text.hint(found.differing[0])
    assert "&lt;b&gt;other&lt;/b&gt;" in hint
    assert "<b>other" not in hint
    assert "coin flip" in hint


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_colour_of_the_ramp(scheme: Scheme) -> None:
    text_colour = _luminance(COLOURS[scheme].text)
    for step in range(-len(LIMITS), len(LIMITS) + 1):
        colour = _luminance(colour_of(step, scheme) or COLOURS[scheme].surface)
        light, dark = max(colour, text_colour), min(colour, text_colour)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, step


@pytest.mark.parametrize(
    ("delta_p", "step"),
    [(0.0, 0), (0.019, 0), (0.02, 1), (-0.1, -2), (0.3, 3), (-0.5, -4), (1.0, 4)],
)
def test_the_ramp_has_steps(delta_p: float, step: int) -> None:
    assert step_of(delta_p) == step


def test_words_for_figures() -> None:
    assert points(-0.411) == "−41.1 points"
    assert points(0.0) == "±0.0 points"
    assert percent(0.0004) == "<\xa00.1\xa0%"
    assert percent(0.997) == "100\xa0%"
    assert quoted("\n\u202e") == "“↵\ufffd”"
    assert "coin flip" in margin_words(0.0999)
    assert "clear choice" in margin_words(0.1)


def test_a_candidate_that_never_leaves_the_reply_is_told_so() -> None:
    found = Divergence(reference="a", candidate="b", tokens=(token("Yes", 1), token(".", 2)))
    words = summary(found, ("Q8_0", "Q2_K"))
    assert words == "Q2_K would have written every one of these 2 tokens."
    assert dict(token_rows(found, 0, ("a", "b")))["Rank for b"] == "1"


def test_a_token_that_the_reference_did_not_find_likeliest_is_told() -> None:
    known = token(" red", 1, other=" blue")
    sampled = msgspec.structs.replace(known, top=known.candidate_top)
    found = Divergence(reference="a", candidate="b", tokens=(known, sampled))
    names = ("Q8_0", "Q2_K")
    assert token_verdict(found, 0, names) == "Q2_K would have written “ blue”."
    assert token_verdict(found, 1, names) == (
        "Q2_K would have written “ blue”. Likeliest for Q8_0 was “ blue” too."
    )


def test_names_are_brief_only_where_that_tells_them_apart() -> None:
    assert brief_names(A, B) == ("Q8_0", "Q4_1")
    assert brief_names(A, A) == (A.name, A.name)
