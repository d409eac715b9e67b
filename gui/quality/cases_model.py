"""Where the cases of a suite come from: ready, a file, pasted text, a recorded session, or edited."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.errors import SteelyardError
from gui.collaborators import History
from gui.figures import count
from gui.jobs import Jobs
from gui.quality.faults import fault_words
from storage.summary import SessionSummary

if TYPE_CHECKING:  # the checks bring numpy, which a start must not wait for
    from engine.quality.generators.ready import ReadySuite
    from engine.quality.suite import Suite

FILE: Final = "from-file"
PASTED: Final = "from-clipboard"
SESSION: Final = "from-session"
EDITED: Final = "edited"
_SESSIONS_OFFERED: Final = 100
_MISSING: Final = {
    FILE: "Choose a file of cases first.",
    PASTED: "Paste your cases first.",
    SESSION: "Choose a session first.",
    EDITED: "Edit cases first.",
}


class CasesChoice(msgspec.Struct, frozen=True, kw_only=True):
    """source: the name of a ready suite, which `number` and `seed` are for, or one of those above.

    given: the cases of `given_for`, which is one of the sources that are read at once.
    """

    source: str = "arithmetic"
    path: str = ""
    number: int = 50
    seed: int = 1
    given: Suite | None = None
    given_for: str = ""

    @property
    def is_ready_suite(self) -> bool:
        return self.source not in _MISSING

    def why_none(self) -> str:
        """Why there are no cases to run, in a sentence; empty where there are."""
        if self.is_ready_suite or (self.source == FILE and self.path):
            return ""
        if self.given is None or self.given_for != self.source:
            return _MISSING[self.source]
        bare = _without_checks(self.given)
        if bare == len(self.given.cases):
            return "None of these cases has a check yet. Add some under “See and edit cases”."
        return ""

    def words(self) -> str:
        """What was read, in a line."""
        if self.given is None or self.given_for != self.source:
            return ""
        bare = _without_checks(self.given)
        tail = f", {bare:,} without a check" if bare else ""
        return f"{self.given.name}: {count(len(self.given.cases), 'case')}{tail}"


class CasesModel(QObject):
    """Reads cases in the background; what was read last is the choice."""

    changed = Signal()
    ready_known = Signal()
    sessions_known = Signal(tuple)
    read = Signal(object)
    """A Suite that was asked for with `read_chosen`, to be seen and edited."""
    failed = Signal(str)
    noticed = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._history: History | None = None
        self.choice = CasesChoice()
        self.ready_suites: tuple[ReadySuite, ...] = ()

    def use(self, history: History) -> None:
        self._history = history

    def choose(self, choice: CasesChoice) -> None:
        self.choice = choice
        self.changed.emit()

    def list_ready(self) -> None:
        """Learn in the background which ready suites there are."""
        if not self.ready_suites:
            self._jobs.start("files", _list_ready, self._take_ready)

    def list_sessions(self) -> None:
        if self._history is not None:
            work = partial(self._history.sessions, _SESSIONS_OFFERED, 0)
            self._jobs.start("history", work, self._take_sessions, self._fail)

    def take_pasted(self, text: str) -> None:
        self._jobs.start("files", partial(_pasted, text), partial(self._give, PASTED), self._fail)

    def take_session(self, session_id: str, answers_of: str) -> None:
        """answers_of: whose replies are the expected answers, or empty."""
        if self._history is not None:
            work = partial(_of_session, self._history, session_id, answers_of or None)
            self._jobs.start("history", work, partial(self._give, SESSION), self._fail)

    def take_suite(self, source: str, suite: Suite) -> None:
        """Choose these cases, which are of one of the sources that are read at once."""
        given = {"source": source, "given": suite, "given_for": source}
        self.choose(msgspec.structs.replace(self.choice, **given))

    def read_chosen(self) -> None:
        """Give the chosen cases with `read`."""
        self._jobs.start("files", partial(read_cases, self.choice), self.read.emit, self._fail)

    def save(self, suite: Suite, path: Path) -> None:
        """Write them as YAML, to be edited."""
        work = partial(_save, suite, path)
        self._jobs.start("files", work, self.noticed.emit, self._fail)

    def _take_ready(self, found: tuple[ReadySuite, ...]) -> None:
        self.ready_suites = found
        self.ready_known.emit()

    def _take_sessions(self, found: tuple[SessionSummary, ...]) -> None:
        self.sessions_known.emit(found)

    def _give(self, source: str, suite: Suite) -> None:
        self.take_suite(source, suite)
        if source == SESSION:
            self.read.emit(suite)

    def _fail(self, fault: SteelyardError) -> None:
        self.failed.emit(fault_words(fault))


def read_cases(choice: CasesChoice) -> Suite:
    """Raises SuiteError and PlanError."""
    from engine.quality.cases import read_suite
    from engine.quality.generators.ready import ready_suite

    if choice.is_ready_suite:
        return ready_suite(choice.source, choice.number, choice.seed)
    if choice.source == FILE:
        return read_suite(Path(choice.path))
    assert choice.given is not None
    return choice.given


def _list_ready() -> tuple[ReadySuite, ...]:
    from engine.quality.generators.ready import ready_suites

    return ready_suites()


def _pasted(text: str) -> Suite:
    from engine.quality.cases import read_pasted_suite

    return read_pasted_suite(text)


def _of_session(history: History, session_id: str, answers_of: str | None) -> Suite:
    from engine.quality.writing import suite_of_session

    return suite_of_session(history.session(session_id), answers_of)


def _save(suite: Suite, path: Path) -> str:
    from engine.quality.writing import suite_yaml
    from storage.files import write_whole

    write_whole(path, suite_yaml(suite).encode())
    return f"{count(len(suite.cases), 'case')} written to {path}."


def _without_checks(suite: Suite) -> int:
    return sum(not case.checks and case.right is None for case in suite.cases)
