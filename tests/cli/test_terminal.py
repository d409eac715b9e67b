"""What may be written to a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cli.terminal import clean, clean_line, words
from tests.cli.fakes import terminal, written

EVIL = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x9b2J\x00\r\x7f\u202eabc"


@given(st.text(st.characters(), max_size=200))
def test_no_control_character_survives_but_new_lines_and_tabs(text: str) -> None:
    kept = {char for char in clean(text) if unicodedata.category(char) in {"Cc", "Cs"}}
    assert kept <= {"\n", "\t"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs"))))
def test_ordinary_text_of_any_script_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_direction_overrides_are_replaced() -> None:
    assert "\u202e" not in clean(EVIL)


def test_what_was_there_stays_visible() -> None:
    assert clean("\x1b[31m") == "␛[31m"


def test_windows_line_ends_are_line_ends() -> None:
    assert clean("a\r\nb") == "a\nb"


def test_a_line_holds_no_line_end() -> None:
    assert clean_line("a\nb\t c") == "a b c"


def test_foreign_text_is_no_markup() -> None:
    console = terminal(80)
    console.print(words("[bold]x[/bold] :smile:"))
    assert "[bold]x[/bold] :smile:" in written(console)


def test_an_escape_sequence_never_reaches_the_terminal() -> None:
    console = terminal(80)
    console.print(words(EVIL))
    assert not {"\x1b", "\x9b", "\x07", "\x7f"} & set(written(console))
