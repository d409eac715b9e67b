"""A cost report in words and figures for the page; nothing here knows a widget.

Imported with the first report only: the report brings numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.cost.assumptions import Assumptions
from engine.cost.capacity import Capacity
from engine.cost.document import BreakEven, ContenderCost, CostReport
from engine.cost.ranges import Range
from engine.cost.wording import SIGNS, money_text, range_text
from engine.energy.wording import digits_text
from engine.quality.verdict import Verdict
from gui.figures import count
from gui.quality.suite_words import badge
from gui.widgets.labels import Mood

NONE: Final = "–"
UNKNOWN: Final[tuple[str, Mood]] = ("quality unknown", "warning")
VETOED: Final[tuple[str, Mood]] = ("fails a critical case", "error")
_NO_TOKENS: Final = "The session does not tell how many tokens the replies had."
_NO_WAIT_S: Final = 0.001
_MONEY: Final = (
    ("per_year", "A year"),
    ("per_month", "A month"),
    ("per_thousand_requests", "1,000 requests"),
    ("per_request", "One request"),
    ("per_million_tokens", "A million tokens of replies"),
)


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
    volume = f"At {assumed.requests_per_day:,.0f} requests a day"
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
    overfull = [each.name for each in report.contenders if _does_not_fit(each)]
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
        for name, title in _MONEY
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


def remarks(cost: ContenderCost, assumed: Assumptions) -> list[str]:
    """What else is to be known of a contender: what is absent and why, how busy it is, its source."""
    return [
        *_missing(cost),
        *_capacity_lines(cost.capacity),
        *_hardware_lines(cost, assumed),
        *_origin(cost),
        *cost.notes,
    ]


def assumed_lines(report: CostReport) -> list[str]:
    assumed = report.assumptions
    price = range_text(assumed.electricity_price, 3, _sign(assumed))
    grid = range_text(assumed.grid_g_per_kwh, 3, "g")
    days = f"{assumed.days_per_year:g} days of {assumed.hours_per_day:g} hours"
    return [
        f"Assumed: {assumed.requests_per_day:,.0f} requests a day on {days}.",
        f"Electricity at {price} per kWh: {assumed.origins.get('electricity_price', '')}.",
        f"{grid} of CO2e per kWh: {assumed.origins.get('grid_g_per_kwh', '')}.",
        *report.notes,
    ]


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
    return "\n".join([*lines, "", *assumed_lines(report)])


def _does_not_fit(cost: ContenderCost) -> bool:
    return cost.capacity is not None and cost.capacity.fit == "does not fit"


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
    most = f"at most {served.requests_per_day:,.0f} a day"
    return Cell(served.fit, most, moods.get(served.fit, "error"))


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
        waits = f"95 of 100 requests wait at most {digits_text(wait_s, 2)} s for their turn"
    yield f"{served.fit.capitalize()}: {busy}; {waits}."


def _hardware_lines(cost: ContenderCost, assumed: Assumptions) -> Iterator[str]:
    if cost.hardware_per_request is not None:
        share = range_text(cost.hardware_per_request, cost.digits, _sign(assumed))
        yield f"The machine's own share of a request is {share}, in the figures above."
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
    money = (name for name, _ in _MONEY)
    reasons: dict[str, None] = {}
    for name in (*money, "co2e_g_per_request", "co2e_kg_per_year", "capacity"):
        if getattr(cost, name) is None:
            reason = cost.absent.get(name)
            if reason is None and name == "per_million_tokens":
                reason = _NO_TOKENS
            if reason is not None:
                reasons[reason] = None
    yield from reasons


def _origin(cost: ContenderCost) -> Iterator[str]:
    if cost.kind == "paid":
        return
    energy = (
        f"; energy {cost.energy_kind}: {cost.energy_source}" if cost.energy_kind is not None else ""
    )
    replies = count(cost.replies, "reply").replace("replys", "replies")
    yield f"From {replies}{energy}."


def _sign(assumed: Assumptions) -> str:
    return SIGNS.get(assumed.currency, assumed.currency)
