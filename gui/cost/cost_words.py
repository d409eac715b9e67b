"""A cost report in words and figures for the page; nothing here knows a widget.

Imported with the first report only: the report brings numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.contract import Verdict
from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity
from engine.cost.document import ContenderCost, CostReport
from engine.cost.money import SIGNS, money_text
from engine.cost.ranges import Range
from engine.cost.wording import MONEY, assumed_lines, does_not_fit, remarks
from engine.wording import NONE, digits_text, thousands
from gui.quality.suite_words import badge
from gui.widgets.labels import Mood

UNKNOWN: Final[tuple[str, Mood]] = ("quality unknown", "warning")
VETOED: Final[tuple[str, Mood]] = ("fails a critical case", "error")


@dataclass(frozen=True)
class Cell:
    """likely: the figure to be read first. interval: its low and high end."""

    likely: str
    interval: str = ""
    mood: Mood | None = None


@dataclass(frozen=True)
class Row:
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Answer:
    """What choosing one contender saves, and what is known of its quality."""

    name: str
    badge: str
    mood: Mood
    sentence: str


@dataclass(frozen=True)
class Bar:
    """A year's cost with one input at both ends of its range."""

    title: str
    low: float
    high: float
    words: str


def headline(report: CostReport) -> str:
    """What a year costs with the cheapest and with the dearest contender that can do it."""
    assumed = report.assumptions
    volume = f"At {thousands(assumed.requests_per_day)} requests a day"
    priced = sorted(
        ((each.per_year.likely, each) for each in report.contenders if each.per_year is not None),
        key=lambda each: each[0],
    )
    if not priced:
        reasons = (each.absent.get("per_year") for each in report.contenders)
        return f"{volume}, no yearly cost can be told. {next(filter(None, reasons), '')}".rstrip()
    first, last = priced[0], priced[-1]
    sentence = f"{volume}, a year costs {_yearly(first[1], assumed)}"
    if first[1] is not last[1]:
        sentence += f", and {_yearly(last[1], assumed)}"
    overfull = [each.name for each in report.contenders if does_not_fit(each)]
    return f"{sentence}." + "".join(f" {name} does not fit." for name in overfull)


def answers(report: CostReport, verdicts: Sequence[Verdict]) -> list[Answer]:
    """One for each contender but the one compared with; no saving without its quality."""
    found = []
    for each in report.contenders:
        if each.verdict is None or each.saving is None:
            continue
        known = (
            VETOED if verdict.vetoed_by else badge(verdict)
            for verdict in verdicts
            if (verdict.contender, verdict.reference) == (each.name, each.saving.against)
        )
        words, mood = next(known, UNKNOWN)
        found.append(Answer(each.name, words, mood, each.verdict))
    return found


def rows(report: CostReport) -> list[Row]:
    """The table: a row for each figure, a cell for each contender."""
    costs, currency = report.contenders, report.assumptions.currency
    found = [
        Row(title, tuple(_money(getattr(each, name), currency, each.digits) for each in costs))
        for name, title in MONEY
    ]
    if report.assumptions.growth_percent_per_year:
        found[1:1] = _later_years(report)
    found.append(
        Row("CO2e a year", tuple(_unit(each.co2e_kg_per_year, each.digits, "kg") for each in costs))
    )
    found.append(
        Row(
            "CO2e of a request",
            tuple(_unit(each.co2e_g_per_request, each.digits, "g") for each in costs),
        )
    )
    found.append(Row("Can it serve them?", tuple(_served(each.capacity) for each in costs)))
    return found


def tornado(cost: ContenderCost, assumed: Assumptions) -> list[Bar]:
    """None for a year that cannot be served."""
    if cost.per_year is None:
        return []
    return [
        Bar(
            swing.input[:1].upper() + swing.input[1:],
            swing.low,
            swing.high,
            f"{digits_text(swing.low, cost.digits)} to "
            f"{money_text(swing.high, assumed.currency, cost.digits)}",
        )
        for swing in cost.tornado
    ]


def as_text(report: CostReport, verdicts: Sequence[Verdict]) -> str:
    """The whole page for a mail: sentences, then tab-separated figures, then what they rest on."""
    lines = [f"What “{report.title}” costs", "", headline(report)]
    lines += [f"{each.sentence} [{each.badge}]" for each in answers(report, verdicts)]
    lines += ["", "\t".join(["", *(each.name for each in report.contenders)])]
    for row in rows(report):
        cells = (
            f"{cell.likely} ({cell.interval})" if cell.interval else cell.likely
            for cell in row.cells
        )
        lines.append("\t".join([row.title, *cells]))
    for each in report.contenders:
        lines += ["", each.name, *remarks(each, report.assumptions)]
    return "\n".join([*lines, "", *assumed_lines(report.assumptions), *report.notes])


def _yearly(cost: ContenderCost, assumed: Assumptions) -> str:
    assert cost.per_year is not None
    return f"{money_text(cost.per_year.likely, assumed.currency, cost.digits)} with {cost.name}"


def _later_years(report: CostReport) -> Iterator[Row]:
    for place in range(1, report.assumptions.years):
        cells = tuple(
            _money(each.years[place].money, report.assumptions.currency, each.digits)
            for each in report.contenders
        )
        yield Row(f"Year {place + 1}", cells)


def _money(range_: Range | None, currency: str, digits: int) -> Cell:
    return _unit(range_, digits, SIGNS.get(currency, currency))


def _unit(range_: Range | None, digits: int, unit: str) -> Cell:
    if range_ is None:
        return Cell(NONE)
    low, likely, high = (
        digits_text(each, digits) for each in (range_.low, range_.likely, range_.high)
    )
    return Cell(f"{likely} {unit}", "" if low == high else f"{low} to {high}")


def _served(served: Capacity | None) -> Cell:
    if served is None:
        return Cell(NONE)
    moods: dict[str, Mood] = {"fits": "good", "fits with long waits": "warning"}
    most = f"at most {thousands(served.requests_per_day)} a day"
    return Cell(served.fit, most, moods.get(served.fit, "error"))
