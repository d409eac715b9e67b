"""Replies side by side, each with its quiet line of figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cli.board_view import columns_that_fit
from cli.prompts import prompt_of
from cli.terminal import clean, clean_line, words
from cli.wording import quiet_lines
from engine.contract import Case, Reply, Session
from engine.energy.typical import all_with_pooled_energy

Told = Mapping[str, Sequence[str]]
_NOTHING: Final[Told] = MappingProxyType({})
_MOST_OF_A_PROMPT: Final = 600


def print_case(
    console: Console,
    case: Case,
    number: int,
    of: int,
    replies: Sequence[Reply],
    told: Told = _NOTHING,
) -> None:
    """A prompt and what each contender replied: in columns on a terminal, else one after the other.

    told: lines that stand under the replies, by contender.
    """
    asked = _shortened(clean(prompt_of(case)).strip())
    label = f"Prompt {number} of {of}: " if of > 1 else "Prompt: "
    if console.is_terminal:
        console.print()
        console.print(Text(label, style="dim") + Text(asked, style="bold"))
        console.print(_columns(console, replies, told))
        return
    print(f"{label}{asked}\n", file=console.file)
    for reply in replies:
        print(f"[{clean_line(reply.contender)}]", file=console.file)
        for part in _plain_parts(reply):
            print(part, file=console.file)
        for line in told.get(reply.contender, ()):
            print(clean_line(line), file=console.file)
        print(file=console.file)


def print_recorded(
    console: Console, session: Session, told: Callable[[str], Told] = lambda _case: _NOTHING
) -> None:
    """The prompts of a session with the first reply of each contender; told: by case, as in `print_case`."""
    session = replace(session, replies=all_with_pooled_energy(session.replies))
    for place, case in enumerate(session.cases):
        replies = [reply for reply in _first_replies(session) if reply.case == case.id]
        if replies:
            print_case(console, case, place + 1, len(session.cases), replies, told(case.id))


def _first_replies(session: Session) -> list[Reply]:
    """One a contender and case, contenders in the session's order."""
    first: dict[tuple[str, str], Reply] = {}
    for reply in sorted(session.replies, key=lambda each: each.repeat):
        first.setdefault((reply.contender, reply.case), reply)
    return [
        first[(contender.name, case.id)]
        for case in session.cases
        for contender in session.contenders
        if (contender.name, case.id) in first
    ]


def _shortened(prompt: str) -> str:
    """A long prompt pushes the replies off the screen; its beginning is enough to know it by."""
    if len(prompt) <= _MOST_OF_A_PROMPT:
        return prompt
    return f"{prompt[:_MOST_OF_A_PROMPT]} … ({len(prompt)} characters)"


def _plain_parts(reply: Reply) -> list[str]:
    parts = []
    if reply.reasoning.strip():
        parts.append("(thinking) " + clean(reply.reasoning).strip())
    if reply.text.strip():
        parts.append(clean(reply.text).strip("\n"))
    if reply.error:
        parts.append(f"failed: {clean(reply.error)}")
    else:
        parts += quiet_lines(reply)
    return parts


def _columns(console: Console, replies: Sequence[Reply], told: Told) -> RenderableType:
    per_row = columns_that_fit(console.width, len(replies))
    blocks: list[RenderableType] = []
    for start in range(0, len(replies), per_row):
        part = replies[start : start + per_row]
        grid = Table.grid(expand=True, padding=(0, 2, 0, 0), pad_edge=False)
        for _ in range(per_row):
            grid.add_column(ratio=1, overflow="fold")
        grid.add_row(*(_head(reply) for reply in part))
        grid.add_row(*(_text(reply) for reply in part))
        grid.add_row(*(_foot(reply, told) for reply in part))
        blocks.append(grid)
    return Group(*blocks)


def _head(reply: Reply) -> RenderableType:
    name = words(clean_line(reply.contender), "bold cyan")
    return Group(name, Rule(style="dim"))


def _text(reply: Reply) -> RenderableType:
    parts = []
    if reply.reasoning.strip():
        parts.append(words(reply.reasoning.strip() + "\n", "dim italic"))
    if reply.text.strip():
        parts.append(words(reply.text.strip()))
    elif not reply.error:
        parts.append(Text("(nothing)", style="dim"))
    return Group(*parts)


def _foot(reply: Reply, told: Told) -> Text:
    found = "".join(f"\n{clean_line(line)}" for line in told.get(reply.contender, ()))
    if reply.error:
        return words(f"failed: {reply.error}{found}", "red")
    return words("\n".join(quiet_lines(reply)) + found + "\n", "dim")
