"""The History page without its widgets: what is searched, what is chosen, and what is done to sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract import Session
from engine.errors import DamagedHistory, SteelyardError, StorageError
from gui.collaborators import ExportSessions, History, HistoryWatch, PrintFirstPage, RenderSessions
from gui.figures import count
from gui.history.bin_model import BinModel
from gui.history.exporter import Chosen, Exporter
from gui.history.table_model import TableModel
from gui.jobs import Jobs
from storage.comparison import SessionComparison, compare_sessions
from storage.query import EVERYTHING, Query
from storage.summary import SessionSummary

if TYPE_CHECKING:  # brings SQLAlchemy, which a start must not wait for
    from storage.importing import Imported

T = TypeVar("T")

PAGE: Final = 50
TYPING_PAUSE_MS: Final = 120
LOOK_EVERY_MS: Final = 400

Found = tuple[tuple[SessionSummary, ...], int]
"""Rows, and how many sessions there are in all."""


class HistoryModel(QObject):
    """All reading and writing is done in the jobs' lane of the history; each search calls off the last.

    It tells of changes all the time, but reads its list only from `show` to `hide`.
    """

    loaded = Signal()
    """The rows of the table are those of the query now."""
    choices_changed = Signal(object)
    chosen_read = Signal(object)
    """The one chosen Session, or None while none or several are."""
    compared = Signal(object, object, object)
    """The earlier Session, the later one, and their SessionComparison."""
    discarded = Signal(tuple)
    """Summaries of sessions whose ids `restore` brings back."""
    changed = Signal()
    """Sessions were added, changed or deleted, here or by another process."""
    noticed = Signal(str)
    failed = Signal(str)
    damaged = Signal(str)
    """The history's file is damaged; what can be read of it can be salvaged."""
    availability_changed = Signal()

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
        self.exporter = Exporter(jobs, export_sessions, render_sessions, first_page, self)
        self.exporter.noticed.connect(self.noticed)
        self.exporter.failed.connect(self._fail)
        self.table = TableModel(self)
        self.table.more_wanted.connect(self._fetch_more)
        self.query: Query = EVERYTHING
        self.n_found: int | None = None
        self._answered: Query | None = None
        self.chosen: tuple[str, ...] = ()
        self._history: History | None = None
        self._watch: HistoryWatch | None = None
        self._shown = False
        self._ticket = 0
        self._reading = 0
        self._unwritten: dict[tuple[str, str], Callable[[History], None]] = {}
        self.bin = BinModel(jobs, self._fail, self)
        self._typing = self._timer(TYPING_PAUSE_MS, self.reload, single=True)
        self._looking = self._timer(LOOK_EVERY_MS, self._look, single=False)

    def use(self, history: History) -> None:
        """Work on this history from now on."""
        self.release()
        self._history = history
        self.bin.use(history)
        # Watched before it is read, so that nothing written in between is missed.
        self._look()
        self._looking.start()
        if self._shown:
            self.show()

    def release(self) -> None:
        """Let go of the history's file."""
        self._looking.stop()
        self._history = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def show(self) -> None:
        """Read the list and keep it up to date, since the page is seen."""
        self._shown = True
        if self._history is not None:
            self._look()
            self.reload()
            self._read_choices()

    def hide(self) -> None:
        self._shown = False
        self._typing.stop()

    def close(self) -> None:
        """Stop following, write what still waits and delete what was discarded; after the jobs' end."""
        self.hide()
        history = self._history
        self.release()
        if history is None:
            return
        for work in self._unwritten.values():
            try:
                work(history)
            except StorageError:
                # The window is gone; there is nobody to tell, and the history is as it was.
                return
        self.bin.close()

    # What is listed ----------------------------------------------------------------------------

    def search(self, text: str) -> None:
        """Look for words once the typing pauses."""
        self.query = msgspec.structs.replace(self.query, text=text)
        self._ticket += 1
        self._typing.start()

    def restrict(self, query: Query) -> None:
        """Ask for something else; the words stay what they are."""
        self.query = msgspec.structs.replace(query, text=self.query.text)
        self.reload()

    def reload(self) -> None:
        history = self._history
        if history is None:
            return
        self._typing.stop()
        self._ticket += 1
        # The same question again keeps all rows that were fetched; another begins at its first page.
        limit = max(PAGE, len(self.table.summaries)) if self.query == self._answered else PAGE
        work = partial(self._find, self._ticket, history, self.query, limit)
        self._start(work, partial(self._take_rows, self._ticket, self.query, limit))

    def choose(self, ids: Sequence[str]) -> None:
        """Say which rows are chosen; one alone is read for its details."""
        self.chosen = tuple(ids)
        self.availability_changed.emit()
        self._read_chosen()

    # What is done ------------------------------------------------------------------------------

    def why_not_on_chosen(self) -> str:
        if self._history is None:
            return "The history is not open."
        return "" if self.chosen else "Choose a session first."

    def why_not_on_one(self) -> str:
        why = self.why_not_on_chosen()
        return why or ("" if len(self.chosen) == 1 else "Choose one session alone.")

    def chosen_row(self) -> SessionSummary | None:
        """What the list says of the one that is chosen; None while none or several are."""
        if len(self.chosen) != 1:
            return None
        return next((row for row in self.table.summaries if row.id == self.chosen[0]), None)

    def tags_of_chosen(self) -> tuple[str, ...]:
        """Each tag that one of the chosen sessions has, in order."""
        rows = (row for row in self.table.summaries if row.id in self.chosen)
        return tuple(sorted({tag for row in rows for tag in row.tags}))

    def why_not_compare(self) -> str:
        why = self.why_not_on_chosen()
        return why or ("" if len(self.chosen) == 2 else "Choose two sessions to compare them.")

    def rename(self, session_id: str, title: str) -> None:
        self._write_down(("title", session_id), lambda history: history.rename(session_id, title))

    def set_notes(self, session_id: str, notes: str) -> None:
        self._write_down(
            ("notes", session_id), lambda history: history.set_notes(session_id, notes)
        )

    def set_starred(self, ids: Sequence[str], *, starred: bool) -> None:
        self._change(lambda history: history.set_starred(ids, starred=starred))

    def add_tag(self, ids: Sequence[str], tag: str) -> None:
        self._change(lambda history: history.add_tag(ids, tag))

    def remove_tag(self, ids: Sequence[str], tag: str) -> None:
        self._change(lambda history: history.remove_tag(ids, tag))

    def flip_star(self) -> None:
        """Star what is chosen, or take the star away where all have it."""
        rows = [row for row in self.table.summaries if row.id in self.chosen]
        self.set_starred(self.chosen, starred=not all(row.starred for row in rows))

    def discard_chosen(self) -> None:
        rows = [row for row in self.table.summaries if row.id in self.chosen]
        if rows and not self.why_not_on_chosen():
            self.discard(rows)

    def discard(self, rows: Sequence[SessionSummary]) -> None:
        """Take sessions out of sight; they are deleted when nobody can want them back any more."""
        ids = [row.id for row in rows]
        # What is gone is not read any more, though the table knows of it only after its next page.
        self.chosen = tuple(each for each in self.chosen if each not in ids)
        self._change(lambda history: history.discard(ids), partial(self._offer_undo, tuple(rows)))

    def restore(self, ids: Sequence[str]) -> None:
        self.bin.take(ids)
        self._change(lambda history: history.restore(ids))

    def compare(self) -> None:
        """Compare the two that are chosen, the earlier one first."""
        ids = self.chosen
        if not self.why_not_compare():

            def work(history: History) -> tuple[Session, Session, SessionComparison]:
                pair = sorted((history.session(each) for each in ids), key=lambda s: s.created)
                return pair[0], pair[1], compare_sessions(pair[0], pair[1])

            self._do(work, lambda result: self.compared.emit(*result))

    def to_export(self, ids: Sequence[str]) -> Chosen | None:
        """What the exporter takes; None without a history or without a session."""
        history = self._history
        if history is None or not ids:
            return None
        name = "steelyard-sessions" if len(ids) > 1 else f"steelyard-{ids[0][:8]}"
        return Chosen(len(ids), name, partial(_read, history, tuple(ids)))

    def import_files(self, paths: Sequence[Path]) -> None:
        """Add the sessions of each file; a broken file changes nothing."""
        for path in paths:
            self._do(partial(_import, path), partial(self._take_imported, path))

    # -------------------------------------------------------------------------------------------

    def _find(self, ticket: int, history: History, query: Query, limit: int) -> Found | None:
        """In the lane's thread: nothing where another search was asked for meanwhile."""
        if ticket != self._ticket:
            return None
        rows = history.sessions(limit + 1, 0, query)
        n_found = len(rows)
        if n_found > limit and ticket == self._ticket:
            n_found = history.count(query)
        return rows, n_found

    def _take_rows(self, ticket: int, query: Query, limit: int, found: Found | None) -> None:
        if found is None or ticket != self._ticket:
            return
        rows, self.n_found = found
        self._answered = query
        by_day = query.sort == "created"
        self.table.show_rows(rows[:limit], more=len(rows) > limit, by_day=by_day)
        self.loaded.emit()

    def _fetch_more(self) -> None:
        history, offset = self._history, len(self.table.summaries)
        if history is not None:
            work = partial(history.sessions, PAGE + 1, offset, self.query)
            self._start(work, partial(self._take_more, self._ticket, offset))

    def _take_more(self, ticket: int, offset: int, rows: tuple[SessionSummary, ...]) -> None:
        if ticket == self._ticket and offset == len(self.table.summaries):
            self.table.append_rows(rows[:PAGE], more=len(rows) > PAGE)

    def _read_choices(self) -> None:
        history = self._history
        if history is not None:
            self._start(history.choices, self.choices_changed.emit)

    def _read_chosen(self) -> None:
        self._reading += 1
        if len(self.chosen) != 1 or self._history is None:
            self.chosen_read.emit(None)
            return
        work = partial(self._read_one, self._reading, self._history, self.chosen[0])
        self._start(work, partial(self._take_chosen, self._reading))

    def _read_one(self, reading: int, history: History, session_id: str) -> Session | None:
        return history.session(session_id) if reading == self._reading else None

    def _take_chosen(self, reading: int, session: Session | None) -> None:
        if reading == self._reading and session is not None:
            self.chosen_read.emit(session)

    def _look(self) -> None:
        """Ask whether anybody wrote: some microseconds, so it is done on this thread."""
        if self._history is None:
            return
        try:
            if self._watch is None:
                self._watch = self._history.watch()
            if self._watch.changed():
                self._follow()
        except StorageError as fault:
            self._looking.stop()
            self._fail(fault)

    def _follow(self) -> None:
        if self._shown:
            self.reload()
            self._read_choices()
        self.changed.emit()

    def _offer_undo(self, rows: tuple[SessionSummary, ...]) -> None:
        self.bin.put([row.id for row in rows])
        self.discarded.emit(rows)

    def _take_imported(self, path: Path, imported: Imported) -> None:
        words = f"{count(len(imported.added), 'session')} imported from {path.name}."
        if imported.known:
            words += f" {count(len(imported.known), 'session')} had been here before."
        self.noticed.emit(words)
        self._follow()

    def _change(
        self, work: Callable[[History], None], done: Callable[[], None] | None = None
    ) -> None:
        def after(_: None) -> None:
            self._follow()
            self._read_chosen()
            if done is not None:
                done()

        self._do(work, after)

    def _write_down(self, key: tuple[str, str], work: Callable[[History], None]) -> None:
        """Change what somebody typed; `close` does it where the jobs were called off before."""
        self._unwritten[key] = work
        self._change(work, partial(self._forget, key, work))

    def _forget(self, key: tuple[str, str], work: Callable[[History], None]) -> None:
        if self._unwritten.get(key) is work:
            del self._unwritten[key]

    def _do(self, work: Callable[[History], T], done: Callable[[T], None]) -> None:
        if self._history is not None:
            self._start(partial(work, self._history), done)

    def _start(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._jobs.start("history", work, done, self._fail)

    def _fail(self, fault: SteelyardError) -> None:
        (self.damaged if isinstance(fault, DamagedHistory) else self.failed).emit(str(fault))

    def _timer(self, interval_ms: int, call: Callable[[], None], *, single: bool) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.setSingleShot(single)
        timer.timeout.connect(call)
        return timer


def _import(path: Path, history: History) -> Imported:
    return history.import_file(path)


def _read(history: History, ids: Sequence[str], most: int) -> tuple[Session, ...]:
    return tuple(history.session(each) for each in ids[:most])
