"""A board drawn for a terminal: columns where they fit, else rows of columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli.board import Board, Column, Mood, Snapshot
from cli.prompts import prompt_of
from cli.terminal import clean, clean_line, words
from engine.contract import Plan

MIN_COLUMN_WIDTH: Final = 34
_FRAME_ROWS: Final = 2
# The two lines of the headline, and one for the cursor.
_ROWS_AROUND: Final = 3
_FEWEST_TEXT_ROWS: Final = 2
_MOST_TEXT_ROWS: Final = 14
_COLOURS: Final[dict[Mood, str]] = {
    "waiting": "dim",
    "busy": "cyan",
    "done": "green",
    "failed": "red",
}


def columns_that_fit(width: int, wanted: int) -> int:
    """How many columns stand side by side; the others go into further rows of as many."""
    fit = max(1, min(wanted, width // MIN_COLUMN_WIDTH))
    rows = -(-wanted // fit)
    return -(-wanted // rows)


class BoardView:
    """Draws the board's present state whenever Rich asks for it."""

    def __init__(self, board: Board, plan: Plan) -> None:
        self._board = board
        self._plan = plan

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        snapshot = self._board.snapshot()
        yield from self._headline(snapshot)
        room = (options.height or console.height) - _ROWS_AROUND
        per_row = columns_that_fit(options.max_width, len(snapshot.columns))
        rows = -(-len(snapshot.columns) // per_row)
        text_rows = room // rows - _FRAME_ROWS
        if text_rows < _FEWEST_TEXT_ROWS:
            yield from _compact(console, snapshot, options.max_width, room)
        else:
            shown = min(text_rows, _MOST_TEXT_ROWS)
            yield _grid(console, snapshot, options.max_width, per_row, shown)

    def _headline(self, snapshot: Snapshot) -> list[Text]:
        where = []
        if len(self._plan.cases) > 1:
            where.append(f"Prompt {snapshot.case + 1} of {len(self._plan.cases)}")
        if self._plan.repeats > 1:
            where.append(f"repeat {snapshot.repeat + 1} of {self._plan.repeats}")
        if snapshot.jobs > len(snapshot.columns):
            where.append(f"{snapshot.done} of {snapshot.jobs} replies")
        hint = "stopping …" if snapshot.stopping else "Ctrl+C stops and keeps what is there"
        asked = clean_line(prompt_of(self._plan.cases[snapshot.case]))
        return [_line(asked, "bold"), _line(" · ".join([*where, hint]), "dim")]


def _grid(console: Console, snapshot: Snapshot, width: int, per_row: int, text_rows: int) -> Table:
    """A frame a contender, those of one row of equal height."""
    grid = Table.grid(expand=True)
    for _ in range(per_row):
        grid.add_column(ratio=1)
    for start in range(0, len(snapshot.columns), per_row):
        part = snapshot.columns[start : start + per_row]
        bodies = [_body(console, column, width // per_row - 4, text_rows) for column in part]
        tallest = max(_FEWEST_TEXT_ROWS, *(len(body) for body in bodies))
        cells: list[RenderableType] = [
            _panel(column, body, tallest) for column, body in zip(part, bodies, strict=True)
        ]
        grid.add_row(*cells)
    return grid


def _compact(console: Console, snapshot: Snapshot, width: int, room: int) -> Iterator[Text]:
    """Where frames have no room: a line a contender, those at work first, then what they write."""
    in_order = sorted(snapshot.columns, key=lambda column: column.mood != "busy")
    for column in in_order[:room]:
        name = words(f"{clean_line(column.name)}: ", "bold")
        state = words(clean_line(column.state), _COLOURS[column.mood])
        yield _one_line(name + state)
    left = room - len(in_order)
    if left > 0 and in_order[0].mood == "busy":
        yield from _body(console, in_order[0], width, left)


def _line(text: str, style: str) -> Text:
    return _one_line(Text(text, style=style))


def _one_line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _body(console: Console, column: Column, width: int, rows: int) -> list[Text]:
    """The last rows of the text; thinking is shown dim until the reply itself begins."""
    thinking = bool(column.reasoning and not column.text)
    source = column.reasoning if thinking else column.text
    # Only the end is on show, and wrapping all of a long reply at each frame would cost time.
    tail = clean(source[-rows * width * 2 :])
    tail = re.sub(r"\n{3,}", "\n\n", tail).strip("\n")
    text = Text(tail, style="dim italic" if thinking else "")
    return list(text.wrap(console, max(1, width)))[-rows:]


def _panel(column: Column, body: list[Text], rows: int) -> Panel:
    colour = _COLOURS[column.mood]
    return Panel(
        Group(*(body or [Text("")])),
        title=words(clean_line(column.name), "bold"),
        title_align="left",
        subtitle=words(clean_line(column.state), colour),
        subtitle_align="left",
        border_style="dim" if column.mood != "failed" else colour,
        height=rows + 2,
    )
