"""What a suite found, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from cli.tables import print_table
from cli.terminal import words
from cli.wording import NONE, count
from engine.cost.money import money_text
from engine.quality.choices import choice_words
from engine.quality.standings import AXES, Axis, Standing, TradeOff
from engine.quality.suite import Suite
from engine.quality.trade_off import PER_REPLIES
from engine.suite import Assessment
from engine.wording import digits_text, size

_MOST_SHOWN: Final = 8
_AXES: Final[dict[Axis, str]] = {
    "seconds": "a reply",
    "memory_bytes": "memory",
    "size_bytes": "file",
    "joules": "energy a reply",
    "money": f"{PER_REPLIES:,} replies",
}


def print_assessment(console: Console, asked: Suite, found: Assessment) -> None:
    """Passed cases, the verdicts as sentences, and which cases came out differently."""
    console.print(words(f"{asked.name}: {count(len(asked.cases), 'case')}.", "bold"))
    print_table(console, _table(found.standings))
    for verdict, text, flips in zip(found.verdicts, found.sentences, found.flips, strict=True):
        console.print()
        console.print(words(f"{verdict.contender}: {verdict.outcome.upper()}", "bold"))
        console.print(words(text))
        for what, ids in (("lost", flips.lost), ("gained", flips.gained)):
            if ids:
                shown = ", ".join(ids[:_MOST_SHOWN]) + (" …" if len(ids) > _MOST_SHOWN else "")
                console.print(words(f"{what}: {shown}", "dim"))
    for each in found.standings:
        choices = choice_words(score for score in found.scores if score.contender == each.contender)
        if choices:
            console.print(words(f"{each.contender}, multiple choice: {choices}"))
    for reason, times in found.checks_not_run.items():
        console.print(words(f"Could not be told {times} times: {reason}", "dim"))


def print_trade_off(console: Console, points: Sequence[TradeOff]) -> None:
    """Each model's quality beside what it costs, starred where no other is as good for as little."""
    axes = [axis for axis in AXES if any(getattr(point, axis) is not None for point in points)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("model", overflow="fold")
    for head in ("passed", *(_AXES[axis] for axis in axes)):
        table.add_column(head, justify="right", no_wrap=True)
    for point in points:
        passed = NONE if point.quality is None else f"{100 * point.quality:.1f} %"
        table.add_row(words(point.contender), passed, *(_figure(axis, point) for axis in axes))
    console.print()
    print_table(console, table)
    if any(axis in point.front for point in points for axis in axes):
        console.print(words("* no other model passes as many cases for as little.", "dim"))
    for axis in axes:
        if axis == "size_bytes":
            continue
        ways = dict.fromkeys(point.how[axis] for point in points if axis in point.how)
        console.print(words(f"{_AXES[axis]}: {'; '.join(ways)}.", "dim"))
    for axis in (axis for axis in AXES if axis not in axes):
        why = next((point.absent[axis] for point in points if axis in point.absent), "not measured")
        reason = f"{why[:1].upper()}{why[1:].rstrip('.')}."
        console.print(words(f"{_AXES[axis]}: not known. {reason}", "dim"))


def _figure(axis: Axis, point: TradeOff) -> str:
    figure: float | None = getattr(point, axis)
    if figure is None:
        return NONE
    mark = " *" if axis in point.front else "  "
    match axis:
        case "seconds":
            return f"{digits_text(figure, 3)} s{mark}"
        case "joules":
            about = "~" if point.how[axis].startswith("estimated") else ""
            return f"{about}{digits_text(figure)} J{mark}"
        case "money":
            return f"{money_text(figure, point.currency or '', 2)}{mark}"
        case _:
            return f"{size(int(figure))}{mark}"


def _table(standings: Sequence[Standing]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("model", overflow="fold")
    for head in ("passed", "95 % interval", "cases"):
        table.add_column(head, justify="right", no_wrap=True)
    for each in standings:
        known = each.pass_rate is not None and each.low is not None and each.high is not None
        table.add_row(
            words(each.contender),
            f"{100 * each.pass_rate:.1f} %" if each.pass_rate is not None else NONE,
            f"{100 * (each.low or 0):.1f} to {100 * (each.high or 0):.1f} %" if known else NONE,
            f"{each.scored} of {each.cases}",
        )
    return table
