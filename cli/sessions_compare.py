"""sessions compare: what changed from one session to another."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.history import open_history
from cli.tables import print_table
from cli.terminal import clean_line, result_console, words, write_json
from cli.wording import when
from engine.contract import Reply, Session
from storage.comparison import SessionComparison, compare_sessions
from storage.comparison_words import (
    difference_rows,
    pair_states,
    quality_rows,
    replies_words,
    speed_rows,
)

_DIFFERENCES = ("what differs", "model", "before", "after")
_FIGURES = ("model", "figure", "before", "after", "change")
_REPLIES = ("prompt", "model", "repeat", "reply")
_LONGEST_CELL = 80  # of a prompt or a setting; the rest stands in the sessions


def compare_two(first_id: str, second_id: str, *, texts: bool, as_json: bool) -> int:
    """The earlier one first, whichever is named first."""
    with open_history() as history:
        pair = [history.session(each) for each in (first_id, second_id)]
    before, after = sorted(pair, key=lambda session: session.created)
    comparison = compare_sessions(before, after)
    if as_json:
        write_json(comparison)
        return 0
    console = result_console()
    states = pair_states(comparison)
    parts = (
        ("difference", _DIFFERENCES, difference_rows(comparison), "Nothing that is known differs."),
        (
            "figure",
            _FIGURES,
            quality_rows(comparison) + speed_rows(comparison),
            "No figures in both.",
        ),
        ("reply", _REPLIES, _reply_rows(comparison, after, states), "No prompt in both."),
    )
    if not console.is_terminal:
        for thing, _, rows, _ in parts:
            for row in rows:
                print("\t".join(clean_line(cell) for cell in (thing, *row)))
        if texts:
            _print_texts(console, comparison, states)
        return 0
    for word, session in (("Before", before), ("After", after)):
        heading = Text(f"{word:<8}", style="dim")
        heading.append(f"{clean_line(session.title)} · {when(session.created)}", style="bold")
        console.print(heading)
    for _, heads, rows, nothing in parts:
        _print_table(console, heads, rows, nothing)
    console.print(Text(f"{replies_words(states)}.", style="dim"))
    if texts:
        _print_texts(console, comparison, states)
    return 0


def _reply_rows(
    comparison: SessionComparison, after: Session, states: Sequence[str]
) -> list[tuple[str, ...]]:
    prompts = {
        case.id: " ".join(case.messages[-1].content.split()) if case.messages else case.id
        for case in after.cases
    }
    return [
        (prompts.get(pair.case, pair.case), pair.contender, str(pair.repeat + 1), state)
        for pair, state in zip(comparison.replies, states, strict=True)
    ]


def _print_table(
    console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], nothing: str
) -> None:
    console.print()
    if not rows:
        console.print(Text(nothing, style="dim"))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(words(_shortened(clean_line(cell))) for cell in row))
    print_table(console, table)


def _shortened(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else f"{cell[: _LONGEST_CELL - 1]}…"


def _print_texts(console: Console, comparison: SessionComparison, states: Sequence[str]) -> None:
    for pair, state in zip(comparison.replies, states, strict=True):
        if state == "same":
            continue
        console.print()
        name = f"{pair.contender}, prompt {pair.case}, repeat {pair.repeat + 1}: {state}"
        console.print(words(clean_line(name), "bold"))
        for word, reply in (("Before", pair.before), ("After", pair.after)):
            console.print(Text(word, style="dim"))
            console.print(words(_said(reply)))


def _said(reply: Reply | None) -> str:
    if reply is None:
        return "There is no such reply."
    return reply.text if reply.error is None else f"{reply.text}\nFailed: {reply.error}".strip()
