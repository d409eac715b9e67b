"""The sheets of a workbook: what stands on each, for whoever writes or shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from engine.contract import Session
from storage.exports.redaction import Omit, without
from storage.exports.report import report
from storage.exports.rows import COLUMNS, Value, prompt_text, rows
from storage.exports.sheets import further_sheets


class SheetPart(msgspec.Struct, frozen=True, kw_only=True):
    """widths: in characters, of the columns that need more than their head."""

    name: str
    head: tuple[str, ...]
    lines: Iterable[tuple[Value, ...]]
    widths: dict[str, int]


def sheets(sessions: Sequence[Session]) -> Iterator[SheetPart]:
    yield _summary(sessions)
    yield SheetPart(
        name="Replies",
        head=COLUMNS,
        lines=rows(sessions),
        widths={"text": 60, "prompt": 40, "title": 30},
    )
    yield SheetPart(
        name="Cases",
        head=("session", "case", "prompt"),
        lines=_cases(sessions),
        widths={"prompt": 80},
    )
    yield SheetPart(
        name="Settings",
        head=("session", "what", "value"),
        lines=_settings(sessions),
        widths={"value": 90},
    )
    for name, head, found in further_sheets(sessions):
        widths = {"reason": 60, "evidence": 40}
        yield SheetPart(name=name, head=head, lines=found, widths=widths)


def first_lines(sessions: Sequence[Session], omit: Omit, most: int) -> tuple[SheetPart, ...]:
    """Each sheet with its first lines alone, without what is to be left out."""
    shown = [without(session, omit) for session in sessions]
    return tuple(
        msgspec.structs.replace(each, lines=tuple(islice(each.lines, most)))
        for each in sheets(shown)
    )


def _summary(sessions: Sequence[Session]) -> SheetPart:
    """A line a contender with its medians; the columns are all that some session has."""
    reports = [report(session) for session in sessions]
    keys = tuple(dict.fromkeys(column.key for shown in reports for column in shown.columns))
    lines: list[tuple[Value, ...]] = []
    for shown in reports:
        values = {column.key: column.cells for column in shown.columns}
        for position, contender in enumerate(shown.contenders):
            figures = (values[key][position].value if key in values else None for key in keys)
            lines.append((shown.id, shown.title, contender.name, contender.model, *figures))
    return SheetPart(
        name="Summary",
        head=("session", "title", "contender", "model", *keys),
        lines=lines,
        widths={"title": 40, "contender": 30, "model": 36},
    )


def _cases(sessions: Sequence[Session]) -> Iterable[tuple[Value, ...]]:
    return (
        (session.id, case.id, prompt_text(case)) for session in sessions for case in session.cases
    )


def _settings(sessions: Sequence[Session]) -> Iterable[tuple[Value, ...]]:
    for session in sessions:
        for fact in report(session).measured:
            yield (session.id, fact.name, fact.text)
