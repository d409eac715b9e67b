"""Writes sessions to files, in the format that the file's name asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.contract import Session
from engine.errors import Misnamed
from storage.document import dump, dump_line
from storage.exports.paper import Paper
from storage.exports.redaction import NOTHING, Omit, without
from storage.files import write_whole

__all__ = [
    "ENDINGS",
    "NOTHING",
    "Omit",
    "Paper",
    "export_session",
    "export_sessions",
    "first_page",
    "render",
]

ENDINGS: Final = (".json", ".jsonl", ".csv", ".xlsx", ".md", ".html", ".pdf")


def export_session(session: Session, path: Path, omit: Omit = NOTHING) -> None:
    export_sessions((session,), path, omit)


def export_sessions(
    sessions: Sequence[Session], path: Path, omit: Omit = NOTHING, paper: Paper = "a4"
) -> None:
    """Write the whole file or leave what was there; raises StorageError."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise Misnamed(
            f"{path.name} names no format that sessions can be written in. End it in one of:"
            f" {', '.join(ENDINGS)}."
        )
    write_whole(path, render(sessions, ending, omit, paper))


def first_page(sessions: Sequence[Session], omit: Omit = NOTHING, paper: Paper = "a4") -> bytes:
    """A picture (PNG) of the page that the PDF of these sessions begins with."""
    from storage.exports.pdf import first_page_of

    return first_page_of([without(session, omit) for session in sessions], paper)


def render(
    sessions: Sequence[Session], ending: str, omit: Omit = NOTHING, paper: Paper = "a4"
) -> bytes:
    """What the file would hold; sessions must not be empty, and `ending` one of ENDINGS."""
    if ending == ".json" and len(sessions) > 1:
        raise Misnamed("A .json file holds one session. End the name in .jsonl for several.")
    shown = [without(session, omit) for session in sessions]
    # Each brings a library that the others, and a start, can do without.
    match ending:
        case ".json":
            return dump(shown[0])
        case ".jsonl":
            return b"".join(map(dump_line, shown))
        case ".csv":
            from storage.exports.csv_table import csv_table

            return csv_table(shown)
        case ".xlsx":
            from storage.exports.workbook import workbook

            return workbook(shown)
        case ".md":
            from storage.exports.markdown import markdown

            return markdown(shown)
        case ".html":
            from storage.exports.page import html_page

            return html_page(shown)
        case ".pdf":
            from storage.exports.pdf import pdf

            return pdf(shown, paper)
        case _:
            raise ValueError(ending)
