"""The commands of the menus that need no more than a page, a model or the theme."""

from __future__ import annotations

from functools import partial
from typing import Final, get_args

from PySide6.QtCore import QMetaObject
from PySide6.QtWidgets import QApplication

from gui.actions import Command
from gui.compare.compare_model import CompareModel
from gui.compare.compare_page import ComparePage
from gui.theme import SchemeChoice, Theme
from gui.widgets.copy_menu import KEYS, copy_menu_of

_COLUMN_KEYS: Final = range(1, 10)


def edit_commands() -> list[Command]:
    """They act on whatever has the keyboard, which knows these keys itself."""
    table = (
        ("Undo", "undo", "Ctrl+Z", 0),
        ("Redo", "redo", "Ctrl+Shift+Z", 0),
        ("Cut", "cut", "Ctrl+X", 1),
        ("Copy", "copy", "Ctrl+C", 1),
        ("Paste", "paste", "Ctrl+V", 1),
        ("Select all", "selectAll", "Ctrl+A", 1),
    )
    return [
        *(
            Command(
                slot, title, "Edit", partial(_tell_focused, slot), (key,), part=part, listed=False
            )
            for title, slot, key, part in table
        ),
        Command(
            "copy-whole",
            "Copy the whole reply, table or chart",
            "Edit",
            _copy_whole,
            (KEYS,),
            part=2,
        ),
    ]


def view_commands(page: ComparePage) -> list[Command]:
    switches = (
        ("raw", "Raw text of replies", page.toggle_raw, "Ctrl+R", page.is_raw),
        ("scroll", "Scroll columns together", page.toggle_scroll, "Ctrl+L", page.scrolls_together),
        (
            "marks",
            "Mark words that the first column lacks",
            page.word_marks.toggle,
            "Ctrl+Shift+M",
            page.marks_words,
        ),
        ("alone", "One column alone", page.toggle_maximised, "Ctrl+M", page.is_maximised),
    )
    go_to_prompt = page.composer.take_focus
    return [
        *(
            Command(name, title, "View", call, (key,), checked=on)
            for name, title, call, key, on in switches
        ),
        Command("prompt", "Go to the prompt", "View", go_to_prompt, ("Ctrl+P",), part=1),
        *(
            Command(
                f"column{n}",
                f"Go to column {n}",
                "View/Columns",
                partial(page.columns.focus_column, n - 1),
                (f"Ctrl+{n}",),
                listed=False,
            )
            for n in _COLUMN_KEYS
        ),
    ]


def theme_commands(theme: Theme) -> list[Command]:
    schemes = zip(get_args(SchemeChoice), ("As the system", "Light", "Dark"), strict=True)
    return [
        Command(
            f"theme-{choice}",
            words,
            "View/Theme",
            partial(theme.choose, choice),
            checked=partial(_has_theme, theme, choice),
        )
        for choice, words in schemes
    ]


def run_commands(model: CompareModel) -> list[Command]:
    table = (
        ("run", "Run", model.run, ("Ctrl+Return", "Ctrl+Enter"), model.why_not_run),
        ("stop", "Stop", model.stop, ("Esc",), model.why_not_stop),
        (
            "again",
            "Run the shown session again",
            model.run_again,
            ("Ctrl+Shift+Return",),
            model.why_not_run_again,
        ),
        (
            "change",
            "Run the shown session with changes…",
            model.change_shown,
            (),
            model.why_not_change,
        ),
        (
            "resume",
            "Resume the unfinished session",
            model.resume,
            ("Ctrl+Shift+R",),
            model.why_not_resume,
        ),
    )
    return [
        Command(name, title, "Run", call, keys, blocked)
        for name, title, call, keys, blocked in table
    ]


def divergence_commands(page: ComparePage) -> list[Command]:
    asker = page.asker
    return [
        Command(
            "diverge",
            "Where would another model differ…",
            "Run",
            asker.ask_focused,
            ("Ctrl+Shift+D",),
            asker.why_none,
            part=2,
        )
    ]


def prompt_commands(page: ComparePage) -> list[Command]:
    """For sessions of several prompts."""
    steps = (
        ("case-back", "Previous prompt", -1, "Alt+Up"),
        ("case-on", "Next prompt", 1, "Alt+Down"),
    )
    return [
        Command(
            name,
            title,
            "Run",
            partial(page.step_case, step),
            (key,),
            partial(page.why_no_case, step),
            part=1,
        )
        for name, title, step, key in steps
    ]


def _has_theme(theme: Theme, choice: SchemeChoice) -> bool:
    return theme.choice == choice


def _copy_whole() -> None:
    """Of what has the keyboard, or the nearest thing around it that offers it."""
    offered = copy_menu_of(QApplication.focusWidget())
    if offered is not None:
        offered.copy()


def _tell_focused(slot: str) -> None:
    focused = QApplication.focusWidget()
    if focused is not None and focused.metaObject().indexOfMethod(f"{slot}()") >= 0:
        QMetaObject.invokeMethod(focused, slot)
