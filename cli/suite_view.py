"""What a suite found, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from cli.terminal import words
from cli.wording import NONE, count
from engine.quality.standings import Standing
from engine.quality.suite import Suite
from engine.suite import Assessment

_MOST_SHOWN: Final = 8


def print_assessment(console: Console, asked: Suite, found: Assessment) -> None:
    """Passed cases, the verdicts as sentences, and which cases came out differently."""
    console.print(words(f"{asked.name}: {count(len(asked.cases), 'case')}.", "bold"))
    console.print(_table(found.standings))
    for verdict, text, flips in zip(found.verdicts, found.sentences, found.flips, strict=True):
        console.print()
        console.print(words(f"{verdict.contender}: {verdict.outcome.upper()}", "bold"))
        console.print(words(text))
        for what, ids in (("lost", flips.lost), ("gained", flips.gained)):
            if ids:
                shown = ", ".join(ids[:_MOST_SHOWN]) + (" …" if len(ids) > _MOST_SHOWN else "")
                console.print(words(f"{what}: {shown}", "dim"))
    for reason, times in found.checks_not_run.items():
        console.print(words(f"Could not be told {times} times: {reason}", "dim"))


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
