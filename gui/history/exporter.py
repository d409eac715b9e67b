"""Exports chosen sessions, and shows beforehand what the file would hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from engine.contract import Session
from engine.errors import SteelyardError
from gui.collaborators import ExportSessions, PrintFirstPage, RenderSessions
from gui.figures import count
from gui.jobs import Jobs
from storage.exports.paper import Paper
from storage.exports.redaction import NOTHING, Omit

if TYPE_CHECKING:  # brings what writes workbooks, which a start must not wait for
    from storage.exports.book import SheetPart

PREVIEW_LENGTH: Final = 4000
PREVIEW_LINES: Final = 40


@dataclass(frozen=True)
class Chosen:
    """What is to be exported. name: of the file. read: gives the first so many of them, in a job.

    usual: the ending of the format that is offered first.
    """

    n_sessions: int
    name: str
    read: Callable[[int], Sequence[Session]]
    usual: str = ".html"


@dataclass(frozen=True)
class Form:
    """How it is written: in the format of this ending, on this paper, without what is left out."""

    ending: str
    omit: Omit = NOTHING
    paper: Paper = "a4"


class Exporter(QObject):
    """Reads in the lane of the history, but writes in its own, so that no list waits for a report."""

    previewed = Signal(object)
    """The beginning of what the file would hold: text, the picture of a page, or sheets; else why not."""
    noticed = Signal(str)
    failed = Signal(object)
    """A SteelyardError."""

    def __init__(
        self,
        jobs: Jobs,
        export_sessions: ExportSessions,
        render_sessions: RenderSessions,
        first_page: PrintFirstPage,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._export_sessions = export_sessions
        self._render_sessions = render_sessions
        self._first_page = first_page
        self._asked = 0

    def preview(self, chosen: Chosen, form: Form) -> None:
        """Show the first of the sessions; a report as its first page on paper."""
        self._asked += 1
        asked = self._asked

        def refuse(fault: SteelyardError) -> None:
            self._show(asked, str(fault))

        def make(sessions: Sequence[Session]) -> None:
            work = partial(self._make, asked, sessions, form)
            self._jobs.start("exports", work, partial(self._show, asked), refuse)

        self._jobs.start("history", partial(chosen.read, 1), make, refuse)

    def export(
        self, chosen: Chosen, path: Path, form: Form, done: Callable[[], None] | None = None
    ) -> None:
        def tell(_: None) -> None:
            self.noticed.emit(f"{count(chosen.n_sessions, 'session')} written to {path}.")
            if done is not None:
                done()

        def write(sessions: Sequence[Session]) -> None:
            work = partial(self._export_sessions, sessions, path, form.omit, paper=form.paper)
            self._jobs.start("exports", work, tell, self.failed.emit)

        read = partial(chosen.read, chosen.n_sessions)
        self._jobs.start("history", read, write, self.failed.emit)

    # -------------------------------------------------------------------------------------------

    def _make(
        self, asked: int, sessions: Sequence[Session], form: Form
    ) -> str | bytes | tuple[SheetPart, ...]:
        """In the lane's thread: nothing where something else was asked for meanwhile."""
        if asked != self._asked:
            return ""
        if form.ending in {".html", ".pdf"}:
            return self._first_page(sessions, form.omit, form.paper)
        if form.ending == ".xlsx":
            from storage.exports.book import first_lines

            return first_lines(sessions, form.omit, PREVIEW_LINES)
        made = self._render_sessions(sessions, form.ending, form.omit)
        text = made[: 4 * PREVIEW_LENGTH].decode(errors="ignore").lstrip("\ufeff")
        return text if len(text) <= PREVIEW_LENGTH else f"{text[:PREVIEW_LENGTH]}…"

    def _show(self, asked: int, shown: str | bytes | tuple[SheetPart, ...]) -> None:
        if asked == self._asked:
            self.previewed.emit(shown)
