"""Sessions as Markdown that pastes into an issue: replies stand in fences, so nothing of them is run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from engine.contract import Session
from engine.wording import count
from storage.exports.report import CasePart, ReplyPart, Report, report
from storage.exports.tables import TablePart


def markdown(sessions: Sequence[Session]) -> bytes:
    parts = ("\n".join(_lines(report(session))) for session in sessions)
    return ("\n\n---\n\n".join(parts) + "\n").encode("utf-8", errors="replace")


def _lines(shown: Report) -> Iterator[str]:
    yield f"# {_plain(shown.title)}"
    yield f"\n{_plain(shown.about)}. {_plain(shown.question)}\n"
    if shown.notes:
        yield f"{_fenced(shown.notes)}\n"
    for finding in shown.findings:
        yield f"- {_plain(finding)}"
    if shown.columns:
        yield "\n" + "\n".join(_table(shown)) + "\n"
    for table in shown.tables:
        yield from _further(table)
    for case in shown.cases:
        yield from _case(case)
    yield "\n<details><summary>How it was measured</summary>\n"
    for fact in shown.measured:
        yield f"- **{_plain(fact.name)}:** {_plain(fact.text)}"
    yield f"- **Session:** {shown.id}\n\n</details>"


def _table(shown: Report) -> Iterator[str]:
    yield _row("Contender", *(column.title for column in shown.columns))
    yield "|" + " --- |" + " ---: |" * len(shown.columns)
    for position, contender in enumerate(shown.contenders):
        cells = (column.cells[position] for column in shown.columns)
        yield _row(
            contender.name,
            *(f"{cell.text} ({cell.detail})" if cell.detail else cell.text for cell in cells),
        )


def _further(table: TablePart) -> Iterator[str]:
    yield f"\n<details><summary>{_plain(table.title)}</summary>\n"
    yield _row(*table.head)
    yield "|" + " --- |" + " ---: |" * (len(table.head) - 1)
    for row in table.rows:
        yield _row(*row)
    yield f"\n{_plain(table.note)}\n\n</details>\n" if table.note else "\n</details>\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _case(case: CasePart) -> Iterator[str]:
    yield f"\n## {_plain(case.name)}\n"
    if case.about:
        yield f"{_plain(case.about)}\n"
    for message in case.messages:
        yield f"**{message.role}:**\n\n{_fenced(message.content)}\n"
    for reply in chain.from_iterable(case.rounds):
        yield from _reply(reply)


def _reply(reply: ReplyPart) -> Iterator[str]:
    repeat = f", repeat {reply.repeat + 1}" if reply.repeat else ""
    if reply.n_same:
        repeat += f" (the same in {count(reply.n_same, 'more repeat')})"
    yield f"### {_plain(reply.contender)}{repeat}\n"
    yield f"{_plain(reply.figures)}\n"
    if reply.score:
        yield f"**{reply.score.mark.capitalize()}**\n"
        yield from (f"- {_plain(check)}" for check in reply.score.checks)
        yield ""
    if reply.error:
        yield f"**Failed:** {_plain(reply.error)}\n"
    if reply.reasoning:
        yield f"<details><summary>Reasoning</summary>\n\n{_fenced(reply.reasoning)}\n\n</details>\n"
    if reply.text:
        yield f"{_fenced(reply.text)}\n"


def _fenced(text: str) -> str:
    """In a fence longer than any run of back-ticks in the text, which so cannot end it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _plain(text: str) -> str:
    """One line in which Markdown, HTML and mentions mean nothing."""
    line = " ".join(text.split())
    escaped = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", line).replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace("@", "@\N{ZERO WIDTH NON-JOINER}")
