"""A cost report on the terminal: the answer first, then the figures, then what they rest on."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from cli.tables import print_table, table_fits
from cli.terminal import clean_line, words
from engine.cost.assumptions import Assumptions
from engine.cost.document import ContenderCost, CostReport
from engine.cost.money import money_text
from engine.cost.ranges import Range
from engine.cost.wording import MONEY, assumed_lines, remarks
from engine.wording import NONE, digits_text, thousands

_BAR: Final = 24
_WIDE: Final = 80
_NO_QUALITY: Final = "no suite compared them"


def print_cost(console: Console, report: CostReport) -> None:
    """Every figure low, likely and high; every saving with what is known of the quality."""
    assumed = report.assumptions
    console.print(words(f"What “{clean_line(report.title)}” costs", "bold"))
    _print_verdicts(console, report)
    for each in report.contenders:
        console.print()
        _print_contender(console, each, assumed)
    console.print()
    for line in (*assumed_lines(assumed), *report.notes):
        console.print(words(clean_line(line), "dim"))


def _print_verdicts(console: Console, report: CostReport) -> None:
    verdicts = [each.verdict for each in report.contenders if each.verdict]
    for verdict in verdicts:
        console.print()
        console.print(words(clean_line(verdict)))
    if any(_NO_QUALITY in verdict for verdict in verdicts):
        console.print()
        console.print(
            words(
                "To know whether a cheaper model is good enough, run `suite` on the same files and add"
                " --verdicts with its session here.",
                "dim",
            )
        )


def _print_contender(console: Console, cost: ContenderCost, assumed: Assumptions) -> None:
    console.print(words(clean_line(f"{cost.name}{_kind(cost)}"), "bold"))
    print_table(console, _figures(cost, assumed, wide=console.width >= _WIDE))
    for line in remarks(cost, assumed):
        console.print(words(clean_line(line), "dim"))
    if cost.tornado and cost.per_year is not None:
        console.print(words("What a year's cost hangs on, widest first:", "dim"))
        drawn = _tornado(cost, assumed.currency, bars=True)
        fits = table_fits(console, drawn)
        console.print(drawn if fits else _tornado(cost, assumed.currency, bars=False))


def _kind(cost: ContenderCost) -> str:
    return " (paid, by its price list)" if cost.kind == "paid" else ""


def _figures(cost: ContenderCost, assumed: Assumptions, *, wide: bool) -> Table:
    currency = assumed.currency
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("", overflow="fold", min_width=30 if wide else None)
    for head in ("low", "likely", "high"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, label in MONEY:
        range_: Range | None = getattr(cost, name)
        table.add_row(label, *_money_cells(range_, currency, cost.digits))
        if name == "per_year" and assumed.growth_percent_per_year:
            for each in cost.years[1:]:
                cells = _money_cells(each.money, currency, cost.digits)
                table.add_row(f"Year {each.year}, {thousands(each.requests_per_day)} a day", *cells)
    grams = cost.co2e_g_per_request
    table.add_row("CO2e a year", *_cells(cost.co2e_kg_per_year, cost.digits, "kg"))
    table.add_row("CO2e of a request", *_cells(grams, cost.digits, "g"))
    return table


def _tornado(cost: ContenderCost, currency: str, *, bars: bool) -> Table:
    """Each input at both ends of its range, all others likely; the bars share one scale."""
    low = min(each.low for each in cost.tornado)
    scale = (_BAR - 1) / (max(each.high for each in cost.tornado) - low)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    if bars:
        table.add_column(no_wrap=True)
    for each in cost.tornado:
        begin, end = round((each.low - low) * scale), round((each.high - low) * scale)
        ends = f"{digits_text(each.low, cost.digits)} to {money_text(each.high, currency, cost.digits)}"
        bar = " " * begin + "█" * (end - begin + 1)
        cells = [words(f"  {each.input}", "dim"), words(ends), words(bar, "cyan")]
        table.add_row(*(cells if bars else cells[:2]))
    return table


def _money_cells(range_: Range | None, currency: str, digits: int) -> tuple[str, ...]:
    if range_ is None:
        return (NONE,) * 3
    return tuple(money_text(each, currency, digits) for each in _ends(range_))


def _cells(range_: Range | None, digits: int, unit: str) -> tuple[str, ...]:
    if range_ is None:
        return (NONE,) * 3
    return tuple(f"{digits_text(each, digits)} {unit}" for each in _ends(range_))


def _ends(range_: Range) -> tuple[float, float, float]:
    return range_.low, range_.likely, range_.high
