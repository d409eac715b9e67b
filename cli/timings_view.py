"""The table of timings: a row a contender, medians with their spread where there are repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.tables import print_table, table_fits
from cli.terminal import ROOMY_WIDTH, clean_line, words
from cli.wording import NONE, endings, seconds, significant, size, spread
from engine.contract import Reply
from engine.energy.typical import TypicalEnergy, typical_energy
from engine.energy.wording import ESTIMATED_DIGITS, MEASURED_DIGITS
from engine.summary import WIDE_SPREAD_PERCENT, ContenderSummary, Figure, summarise
from engine.wording import count, digits_text

_SPEED: Final = "generation_tokens_per_s"
_HEADS: Final = (
    "generation\ntok/s",
    "prompt\ntok/s",
    "first\ntoken",
    "load",
    "peak\nmemory",
    "energy\na reply",
    "tokens",
    "ended by",
)


def print_timings(console: Console, replies: Sequence[Reply], names: Sequence[str]) -> None:
    """Of these replies, contenders in the order of `names`; nothing where no reply has any."""
    summaries = {summary.contender: summary for summary in summarise(replies)}
    if not any(summary.figures for summary in summaries.values()):
        return
    repeated = any(summary.replies > 1 for summary in summaries.values())
    roomy = console.width >= ROOMY_WIDTH
    gap = 2 if roomy else 1
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, gap, 0, 0), show_edge=False)
    base, labels = ("", list(names)) if roomy else without_common_words(names)
    table.add_column("model", overflow="fold")
    for head in _HEADS[:-1]:
        table.add_column(head, justify="right", no_wrap=True)
    if repeated:
        table.add_column("n", justify="right", no_wrap=True)
    table.add_column(_HEADS[-1], no_wrap=True)
    leading = leaders(list(summaries.values()))
    praise = "fastest" if len(leading) == 1 else "among the\nfastest"
    for name, label in zip(names, labels, strict=True):
        if name in summaries:
            own = [reply for reply in replies if reply.contender == name]
            table.add_row(
                *_row(label, summaries[name], own, repeated, praise if name in leading else "")
            )
    console.print()
    if base:
        console.print(words(f"{clean_line(base)} …", "bold"))
    if not table_fits(console, table):
        table.columns[-1].no_wrap = False
    print_table(console, table)
    if repeated:
        spreads = any(
            spread(each.figures[_SPEED]) for each in summaries.values() if _SPEED in each.figures
        )
        note = "Medians; ± is the spread among repeats of a prompt." if spreads else "Medians."
        console.print(Text(note, style="dim"))
    disturbed = sum(bool(reply.energy.contaminated) for reply in replies)
    if disturbed:
        console.print(words(_disturbed(disturbed, len(replies)), "yellow"))


def _disturbed(n: int, of: int) -> str:
    return (
        f"Other programs disturbed {n} of {count(of, 'reply')}: these were slower, and took more energy, than"
        " the model needs. Close what else works here, and run again."
    )


def leaders(summaries: Sequence[ContenderSummary]) -> tuple[str, ...]:
    """Who generates fastest: all whose distance to the best is within what repeats differ by.

    Good repeats of one model differ by 5 %, so that closer ones are called alike. None where that is all.
    """
    speeds = {each.contender: each.figures[_SPEED] for each in summaries if _SPEED in each.figures}
    if len(speeds) < 2:
        return ()
    best = max(speeds.values(), key=lambda speed: speed.median)
    leading = tuple(name for name, speed in speeds.items() if _alike(speed, best))
    return leading if len(leading) < len(speeds) else ()


def _alike(speed: Figure, best: Figure) -> bool:
    spreads = (speed.spread_percent or 0.0, best.spread_percent or 0.0)
    return speed.median >= best.median * (1 - max(WIDE_SPREAD_PERCENT, *spreads) / 100)


def without_common_words(names: Sequence[str]) -> tuple[str, list[str]]:
    """The words that all names begin with, and what is left of each."""
    parts = [name.split(" ") for name in names]
    shortest = min(len(part) for part in parts)
    common = 0
    while common < shortest - 1 and len({part[common] for part in parts}) == 1:
        common += 1
    return " ".join(parts[0][:common]), [" ".join(part[common:]) for part in parts]


def _row(
    label: str, summary: ContenderSummary, own: Sequence[Reply], repeated: bool, praise: str
) -> list[Text]:
    figures = summary.figures
    speed = _cell(figures.get(_SPEED), significant)
    if praise:
        speed.append(f"\n{praise}", style="bold green")
    tokens = [n for reply in own if (n := reply.timing.generated_tokens) is not None]
    peak = NONE if summary.peak_bytes is None else size(summary.peak_bytes)
    cells = [
        words(clean_line(label), "bold"),
        speed,
        _cell(figures.get("prompt_tokens_per_s"), significant),
        _cell(figures.get("ttft_s"), seconds),
        Text(seconds(figures["load_s"].median) if "load_s" in figures else NONE),
        Text(peak),
        _energy(typical_energy(own)),
        Text(str(sum(tokens)) if tokens else NONE),
    ]
    if repeated:
        cells.append(Text(str(summary.replies)))
    return [*cells, Text(endings(own))]


def _energy(typical: TypicalEnergy | None) -> Text:
    """An estimate says so; its range stands under each reply."""
    if typical is None:
        return Text(NONE)
    if typical.kind == "estimated":
        return Text(f"~{digits_text(typical.joules, ESTIMATED_DIGITS)} J\nestimated")
    text = Text(f"{digits_text(typical.joules, MEASURED_DIGITS)} J")
    if typical.pooled_replies:
        text.append(f"\npool of {typical.pooled_replies}", style="dim")
    return text


def _cell(figure: Figure | None, wording: Callable[[float], str]) -> Text:
    if figure is None:
        return Text(NONE)
    text = Text(wording(figure.median))
    if spread(figure):
        text.append(f"\n{spread(figure)}", style="dim")
    return text
