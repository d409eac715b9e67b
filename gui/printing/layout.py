"""Lays a session's report out for paper: its first page tells all that a client needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from engine.contract import Message
from engine.naming import short_names
from gui.printing.pieces import Beside, Gap, Piece
from gui.printing.replies import reply_pieces
from gui.printing.sheet import Setting, Sheet
from gui.printing.tables import Figure, Row, Table
from gui.printing.text import Text
from storage.exports.charts import bar_chart, charted
from storage.exports.figures import Cell
from storage.exports.report import CasePart, Report
from storage.exports.scatter import scatter
from storage.exports.settings import Fact
from storage.exports.svg import alone
from storage.exports.tables import TablePart

_SECTION: Final = 14.0
_MOST_ABREAST: Final = 6
"""So many contenders stand side by side in the table of figures; more go into further tables."""

_FEW_FINDINGS: Final = 5
_ROOMY: Final = 4
_GUTTER: Final = 12.0
_NARROW_GUTTER: Final = 4.0
_SHORT_PROMPT: Final = 700
_CHART_WIDTH: Final = 440.0
"""Of a chart's own measure, which is then scaled to half of the paper."""


def flow(report: Report, paper: Sheet) -> Iterator[Piece]:
    """All of a session's pieces, made one after the other as the pages need them."""
    yield from _opening(report, paper)
    yield from _figures(report, paper)
    yield from _facts("How it was measured", report.measured, paper)
    yield from _charts(report, paper)
    for table in report.tables:
        yield from _further(table, paper)
    if report.cases:
        yield Gap(2 * _SECTION)
        yield _text("<h2>What was asked, and the replies</h2>", paper, keeps=True)
        for case in report.cases:
            yield from _case(case, paper, named=len(report.cases) > 1)


def _opening(report: Report, paper: Sheet) -> Iterator[Piece]:
    notes = f"<p>{_lines(report.notes)}</p>" if report.notes else ""
    yield _text(
        f'<p class="quiet">{escape(report.about)}</p><h1>{escape(report.title)}</h1>'
        f'<p class="quiet">{escape(report.question)}</p>{notes}',
        paper,
    )
    if len(report.cases) == 1:
        yield Gap(6)
        for message in report.cases[0].messages:
            yield from _message(message, paper, shorten=True)
    if len(report.findings) > _FEW_FINDINGS or len(report.contenders) > _MOST_ABREAST:
        yield _text(f'<p class="small quiet">{escape(_measured_in_short(report))}</p>', paper)
    if report.findings:
        items = "".join(f"<li>{escape(finding)}</li>" for finding in report.findings)
        yield Gap(_SECTION)
        look = "large" if len(report.findings) <= _FEW_FINDINGS else ""
        yield _text(f'<h2>In short</h2><ul class="{look}">{items}</ul>', paper)


def _measured_in_short(report: Report) -> str:
    """For first pages that are too full to hold how all was measured."""
    told = {fact.name: fact.text for fact in report.measured}
    words = (told[name] for name in ("Machine", "Order", "Energy", "Text") if name in told)
    return f"Measured: {'; '.join(words)}."


def _figures(report: Report, paper: Sheet) -> Iterator[Piece]:
    """Contenders side by side, a row for each figure."""
    if not report.columns:
        return
    yield Gap(_SECTION)
    yield _text("<h2>The figures</h2>", paper, keeps=True)
    positions = range(len(report.contenders))
    n_tables = -(-len(positions) // _MOST_ABREAST)
    abreast = -(-len(positions) // n_tables)
    for first in positions[::abreast]:
        yield _figures_table(report, positions[first : first + abreast], paper)
        yield Gap(8)


def _figures_table(report: Report, shown: Sequence[int], paper: Sheet) -> Table:
    first = paper.width * 0.2
    step = (paper.width - first) / len(shown)
    small = "small" if len(shown) > _ROOMY else ""
    x = (0.0, *(first + _GUTTER + step * place for place in range(len(shown))))

    def row(name: str, cells: Sequence[str]) -> Row:
        documents = (
            Setting(name, first - 12),
            *(
                Setting(f'<div align="right" class="{small}">{cell}</div>', step - _GUTTER)
                for cell in cells
            ),
        )
        return Row(documents, x, paper.width)

    shared, names = _head_names([each.name for each in report.contenders], len(shown))
    head = row(
        f'<span class="small quiet">{escape(shared)}</span>',
        [_contender(names[place], report.contenders[place].model) for place in shown],
    )
    rows = (
        row(
            f'<b>{escape(column.title)}</b><br><span class="small quiet">'
            f"{escape(column.better)} is better</span>",
            [_cell(column.cells[place]) for place in shown],
        )
        for column in report.columns
    )
    return Table(tuple(rows), head)


def _head_names(names: Sequence[str], n_abreast: int) -> tuple[str, Sequence[str]]:
    """What all begin with, said once where columns are too narrow for it, and what tells them apart."""
    short = short_names(names)
    if n_abreast <= _ROOMY or short == list(names):
        return "", names
    return f"{names[0].removesuffix(short[0]).strip()} …", short


def _contender(name: str, model: str) -> str:
    return f'<b>{escape(name)}</b><br><span class="small quiet">{escape(model)}</span>'


def _cell(cell: Cell) -> str:
    detail = f'<br><span class="small quiet">{escape(cell.detail)}</span>' if cell.detail else ""
    return escape(cell.text) + detail


def _facts(title: str, facts: Sequence[Fact], paper: Sheet) -> Iterator[Piece]:
    yield Gap(_SECTION)
    yield _text(f"<h2>{escape(title)}</h2>", paper, keeps=True)
    x = (0.0, paper.width * 0.26)
    for fact in facts:
        name = Setting(f'<p class="small quiet">{escape(fact.name)}</p>', x[1] - 12)
        text = Setting(f'<p class="small">{escape(fact.text)}</p>', paper.width - x[1])
        yield Beside((Text.of(name), Text.of(text)), x)
        yield Gap(1.5)


def _charts(report: Report, paper: Sheet) -> Iterator[Piece]:
    """Two abreast."""
    names = [contender.name for contender in report.contenders]
    width = (paper.width - 24) / 2
    shown = [
        *(
            _figure(column.title, f"{column.better} is better", chart, width)
            for column, chart in (
                (column, bar_chart(column, names, _CHART_WIDTH))
                for column in charted(report.columns)
            )
        ),
        *(
            _figure(
                f"Passed cases over {each.cost}",
                "filled: no other passes as much for less",
                scatter(each, names, _CHART_WIDTH),
                width,
            )
            for each in report.weighed
        ),
    ]
    for first in range(0, len(shown), 2):
        yield Gap(8 if first else _SECTION)
        figures = tuple(shown[first : first + 2])
        yield Beside(figures, (0.0, width + 24)[: len(figures)])


def _figure(title: str, aside: str, chart: str, width: float) -> Figure:
    told = f'<b>{escape(title)}</b> <span class="small quiet">{escape(aside)}</span>'
    return Figure(Setting(told, width), alone(chart), width)


def _further(table: TablePart, paper: Sheet) -> Iterator[Piece]:
    yield Gap(_SECTION)
    yield _text(f"<h2>{escape(table.title)}</h2>", paper, keeps=True)
    first, *widths = _column_widths(table, paper)
    gutter = _NARROW_GUTTER if len(widths) > _ROOMY else _GUTTER
    x = (0.0, *(first + gutter + sum(widths[:place]) for place in range(len(widths))))

    def row(cells: Sequence[str], look: str) -> Row:
        name, *others = (f'<span class="small {look}">{escape(cell)}</span>' for cell in cells)
        told = (
            Setting(f'<div align="right">{each}</div>', width - gutter)
            for each, width in zip(others, widths, strict=True)
        )
        return Row((Setting(name, first), *told), x, paper.width, padding=2.5)

    rows = tuple(row(cells, "") for cells in table.rows)
    yield Table(rows, row(table.head, "quiet"))
    if table.note:
        yield _text(f'<p class="small quiet">{escape(table.note)}</p>', paper)


def _column_widths(table: TablePart, paper: Sheet) -> list[float]:
    """The first one's is fixed; of the others each has room for its longest word, and the rest alike."""
    columns = list(zip(table.head, *table.rows, strict=True))
    n_others = max(1, len(columns) - 1)
    first = paper.width * (0.2 if n_others > _ROOMY else 0.34)
    gutter = _NARROW_GUTTER if n_others > _ROOMY else _GUTTER
    needed = [_longest_word(cells) + gutter for cells in columns[1:]]
    rest = paper.width - first - sum(needed)
    if rest < 0:
        return [first, *[(paper.width - first) / n_others] * len(needed)]
    return [first, *(width + rest / n_others for width in needed)]


def _longest_word(cells: Sequence[str]) -> float:
    lines = "<br>".join(escape(word) for cell in cells for word in cell.split())
    return Setting(f'<span class="small">{lines}</span>', -1).idealWidth() + 1


def _case(case: CasePart, paper: Sheet, *, named: bool) -> Iterator[Piece]:
    yield Gap(_SECTION)
    if named:
        yield _text(f"<h3>{escape(case.name)}</h3>", paper, keeps=True)
    if case.about:
        yield _text(f'<p class="small quiet">{escape(case.about)}</p>', paper, keeps=True)
    for message in case.messages:
        yield from _message(message, paper, shorten=False)
    for shown in case.rounds:
        yield from reply_pieces(shown, paper)


def _message(message: Message, paper: Sheet, *, shorten: bool) -> Iterator[Piece]:
    text = message.content
    if shorten and len(text) > _SHORT_PROMPT:
        text = f"{text[:_SHORT_PROMPT].rsplit(maxsplit=1)[0]} … (whole before the replies)"
    x = (0.0, 58.0)
    role = Setting(f'<p class="small quiet">{escape(message.role)}</p>', x[1] - 6)
    said = Setting(f"<p>{_lines(text)}</p>", paper.width - x[1])
    yield Beside((Text.of(role), Text.of(said, rule="#d8dce1")), x, len(text) <= _SHORT_PROMPT)


def _text(html: str, paper: Sheet, *, keeps: bool = False) -> Text:
    return Text.of(Setting(html, paper.width), keeps=keeps)


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
