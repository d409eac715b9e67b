"""A cost report on the terminal: the answer first, then the figures, then what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from cli.terminal import clean_line, words
from cli.wording import NONE, count, seconds
from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity
from engine.cost.document import BreakEven, ContenderCost, CostReport
from engine.cost.ranges import Range
from engine.cost.wording import SIGNS, money_text, range_text
from engine.energy.wording import digits_text

_MONEY: Final = (
    ("per_request", "a request"),
    ("per_thousand_requests", "1,000 requests"),
    ("per_million_tokens", "a million tokens of replies"),
    ("per_month", "a month"),
    ("per_year", "a year"),
)
_NO_TOKENS: Final = "The session does not tell how many tokens the replies had."
_NO_WAIT_S: Final = 0.001
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
    for line in (*_assumed_lines(assumed), *report.notes):
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
                "To know whether a cheaper model is good enough, run `suite … --json > judged.json` and add"
                " --verdicts judged.json here.",
                "dim",
            )
        )


def _print_contender(console: Console, cost: ContenderCost, assumed: Assumptions) -> None:
    console.print(words(clean_line(f"{cost.name} ({_origin(cost)})"), "bold"))
    console.print(_figures(cost, assumed.currency))
    lines = [*_missing(cost), *_capacity_lines(cost.capacity), *_hardware_lines(cost, assumed)]
    for line in (*lines, *cost.notes):
        console.print(words(clean_line(line), "dim"))


def _origin(cost: ContenderCost) -> str:
    if cost.kind == "paid":
        return "paid, by its price list"
    parts = [f"from {count(cost.replies, 'reply')}"]
    if cost.energy_kind is not None:
        parts.append(f"energy {cost.energy_kind}: {cost.energy_source}")
    return ", ".join(parts)


def _figures(cost: ContenderCost, currency: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("", overflow="fold", min_width=30)
    for head in ("low", "likely", "high"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, label in _MONEY:
        range_: Range | None = getattr(cost, name)
        table.add_row(label, *_money_cells(range_, currency, cost.digits))
    grams = cost.co2e_g_per_request
    table.add_row("CO2e of a request", *_cells(grams, cost.digits, "g"))
    table.add_row("CO2e of a year", *_cells(cost.co2e_kg_per_year, cost.digits, "kg"))
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


def _capacity_lines(served: Capacity | None) -> Iterator[str]:
    if served is None:
        return
    if served.fit == "does not fit":
        yield f"{count(served.machines_needed, 'machine')} would be needed."
        return
    busy = f"{count(served.machines, 'machine')} would be busy {100 * served.utilisation:.2g} % of the time"
    wait_s = served.p95_wait_s
    if wait_s is None or wait_s < _NO_WAIT_S:
        waits = "95 of 100 requests are answered at once"
    else:
        waits = f"95 of 100 requests wait at most {seconds(wait_s)} for their turn"
    yield f"{served.fit.capitalize()}: {busy}; {waits}."


def _hardware_lines(cost: ContenderCost, assumed: Assumptions) -> Iterator[str]:
    if cost.hardware_per_request is not None:
        share = range_text(cost.hardware_per_request, cost.digits, _sign(assumed))
        part = "in the figures above" if assumed.include_hardware else "not in the figures above"
        yield f"The machine's own share of a request is {share}, {part}."
    for each in cost.break_even:
        yield _break_even(each)


def _break_even(found: BreakEven) -> str:
    if found.requests_per_day is None:
        reason = found.absent.get("requests_per_day") or found.absent.get("days") or ""
        return f"Against {found.against} the machine does not pay: {reason}"
    sentence = f"Against {found.against} the machine pays from {found.requests_per_day:,.0f} requests a day"
    if found.days is None:
        return f"{sentence}. {found.absent.get('days', '')}".rstrip()
    return f"{sentence}; at the present volume after {found.days:,.0f} days."


def _missing(cost: ContenderCost) -> Iterator[str]:
    """Why figures are absent, each reason once."""
    reasons: dict[str, None] = {}
    for name, _ in _MONEY:
        if getattr(cost, name) is None:
            general = cost.absent.get("per_request")
            reasons[cost.absent.get(name) or general or _NO_TOKENS] = None
    for name in ("co2e_g_per_request", "co2e_kg_per_year"):
        if getattr(cost, name) is None and name in cost.absent:
            reasons[cost.absent[name]] = None
    if cost.kind == "local" and "capacity" in cost.absent:
        reasons[cost.absent["capacity"]] = None
    yield from reasons


def _assumed_lines(assumed: Assumptions) -> Iterator[str]:
    price = range_text(assumed.electricity_price, 3, _sign(assumed))
    grid = range_text(assumed.grid_g_per_kwh, 3, "g")
    yield (
        f"Assumed: {assumed.requests_per_day:,.0f} requests a day on {assumed.days_per_year:g} days of"
        f" {assumed.hours_per_day:g} hours."
    )
    yield f"Electricity at {price} per kWh: {assumed.origins.get('electricity_price', '')}."
    yield f"{grid} of CO2e per kWh: {assumed.origins.get('grid_g_per_kwh', '')}."
    for paid in assumed.paid:
        cached = "" if paid.cached is None else f", cached {paid.cached:g}"
        yield (
            f"{paid.name}: {paid.prompt:g}{cached}, output {paid.output:g} {paid.currency} per million tokens"
            f" ({paid.source}, {paid.date})."
        )


def _sign(assumed: Assumptions) -> str:
    return SIGNS.get(assumed.currency, assumed.currency)
