"""The Cost page without its widgets: the session, what is assumed, and the report that follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract import Contender, Session, SessionKind
from engine.errors import SteelyardError, StorageError
from gui.collaborators import History
from gui.cost.settings import CostSettings, assumptions_of, countries
from gui.jobs import Jobs
from storage.query import Query
from storage.summary import SessionSummary

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.contract import Verdict
    from engine.cost.assumptions import Assumptions
    from engine.cost.defaults import Tables
    from engine.cost.document import CostReport
    from engine.cost.paid import PaidModel
    from storage.judged import Judgement

TYPING_PAUSE_MS: Final = 150
LISTED: Final = 50
PRICED: Final[tuple[SessionKind, ...]] = ("compare", "suite")
NO_SESSION: Final = "There is no session yet. Run a comparison, then come back."


class CostModel(QObject):
    """Reads the session and reckons in the jobs; each change calls off the reckoning before it.

    It rests until `show`: a start does not wait for figures that nobody sees.
    """

    sessions_listed = Signal()
    tables_known = Signal()
    """Countries and paid models can be offered."""
    own_list_made = Signal(str)
    """The path of the user's own list of paid models, to be opened."""
    session_shown = Signal()
    estimated = Signal()
    """`report` follows from the session and the settings now."""
    refused = Signal(str)
    """Why there are no figures."""

    def __init__(
        self,
        jobs: Jobs,
        folder: Path,
        settings: CostSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        """folder: where the user's own tables and what was said of the machine's energy lie."""
        super().__init__(parent)
        self._jobs = jobs
        self._folder = folder
        self._history: History | None = None
        self._shown = False
        self._wanted: str | None = None
        self._ticket = 0
        self._judged: tuple[Contender, ...] = ()
        self._verdicts: tuple[Verdict, ...] = ()
        self._judgement: Judgement | None = None
        self.settings = settings or CostSettings()
        self.sessions: tuple[SessionSummary, ...] = ()
        self.countries: dict[str, str] = {}
        self.paid: tuple[PaidModel, ...] = ()
        self.session: Session | None = None
        self.report: CostReport | None = None
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_PAUSE_MS)
        self._typing.timeout.connect(self._estimate)

    def use(self, history: History) -> None:
        self._history = history
        if self._shown:
            self.show()

    def show(self) -> None:
        """Begin to work, since the page is seen."""
        self._shown = True
        self.read_tables()
        if self._history is None:
            self.refused.emit(NO_SESSION)
            return
        listing = partial(self._history.sessions, LISTED, 0, Query(kinds=PRICED))
        self._jobs.start("history", listing, self._take_sessions, self._refuse)
        if self._wanted is not None:
            self._read(self._wanted)

    def hide(self) -> None:
        self._shown = False
        self._typing.stop()

    def read_tables(self) -> None:
        """Read the tables anew: the user may have changed them."""
        if self._shown:
            work = partial(_tables, self._folder)
            self._jobs.start("cost", work, self._take_tables, self._refuse)

    def make_own_list(self) -> None:
        from storage.cost_tables import make_own_table

        work = partial(make_own_table, self._folder, "paid")
        self._jobs.start("cost", work, self._take_own_list, self._refuse)

    def look_at(self, session_id: str) -> None:
        """Let this session be the one whose cost is shown."""
        self._wanted = session_id
        if self._shown:
            self._read(session_id)

    def edit(self, settings: CostSettings) -> None:
        """Assume this from now on; the figures follow when the typing pauses."""
        if settings != self.settings:
            self.settings = settings
            self._ticket += 1
            self._typing.start()

    def prices(self) -> Callable[[], Assumptions]:
        """A function for any thread, which gives what is assumed now; it raises AssumptionError."""
        return partial(_assumed, self.settings, self._folder)

    def judge(self, contenders: Sequence[Contender], verdicts: Sequence[Verdict]) -> None:
        """Take what a suite found; it counts for sessions of the same models."""
        self._judged, self._verdicts = tuple(contenders), tuple(verdicts)
        if self._shown:
            self._typing.start()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Those of the session, else of a suite on its models: the window's last, or the history's."""
        if self.session is None:
            return ()
        if self.session.verdicts:
            return self.session.verdicts
        judged = {each.name: each.model for each in self._judged}
        same = {
            each.name for each in self.session.contenders if judged.get(each.name) == each.model
        }
        own = tuple(v for v in self._verdicts if {v.contender, v.reference} <= same)
        return own or (self._judgement.verdicts if self._judgement is not None else ())

    # -------------------------------------------------------------------------------------------

    def _read(self, session_id: str) -> None:
        if self._history is not None:
            self._ticket += 1
            work = partial(_with_judgement, self._history, session_id)
            self._jobs.start("history", work, self._take_session, self._refuse)

    def _estimate(self) -> None:
        session = self.session
        if session is None:
            return
        self._ticket += 1
        verdicts, judgement = self.verdicts, self._judgement
        whence = judgement is not None and verdicts is judgement.verdicts
        notes = (judgement.sentence(),) if judgement is not None and whence else ()
        work = partial(_report, session, self.settings, verdicts, self._folder, notes)
        self._jobs.start(
            "cost",
            work,
            partial(self._take_report, self._ticket),
            partial(self._refuse_estimate, self._ticket),
        )

    def _take_tables(self, found: Tables) -> None:
        self.countries, paid = countries(found), found.paid.model
        changed, self.paid = self.paid != paid, paid
        self.tables_known.emit()
        if changed and self.report is not None:
            self._estimate()

    def _take_own_list(self, path: Path) -> None:
        self.own_list_made.emit(str(path))

    def _take_sessions(self, found: tuple[SessionSummary, ...]) -> None:
        self.sessions = found
        self.sessions_listed.emit()
        if self._wanted is not None:
            return
        if found:
            self.look_at(found[0].id)
        else:
            self.refused.emit(NO_SESSION)

    def _take_session(self, found: tuple[Session, Judgement | None]) -> None:
        session, judgement = found
        if session.id == self._wanted:
            self.session, self._judgement = session, judgement
            self.session_shown.emit()
            self._estimate()

    def _take_report(self, ticket: int, report: CostReport) -> None:
        if ticket == self._ticket:
            self.report = report
            self.estimated.emit()

    def _refuse_estimate(self, ticket: int, fault: SteelyardError) -> None:
        if ticket == self._ticket:
            self._refuse(fault)

    def _refuse(self, fault: SteelyardError) -> None:
        self.refused.emit(str(fault))


def _tables(folder: Path) -> Tables:
    from storage.cost_tables import load_tables

    return load_tables(folder)


def _assumed(settings: CostSettings, folder: Path) -> Assumptions:
    return assumptions_of(settings, datetime.now().astimezone().date(), _tables(folder))


def _with_judgement(history: History, session_id: str) -> tuple[Session, Judgement | None]:
    """The session, and what a suite of the history says of its models where it says nothing itself."""
    from storage.judged import judgement_on

    session = history.session(session_id)
    if session.verdicts:
        return session, None
    try:
        return session, judgement_on(session, history)
    except StorageError:
        # A damaged suite is no reason to leave another session without its cost.
        return session, None


def _report(
    session: Session,
    settings: CostSettings,
    verdicts: Sequence[Verdict],
    folder: Path,
    notes: tuple[str, ...],
) -> CostReport:
    from engine.cost.calibrated import calibration_for
    from engine.cost.report import cost_report
    from storage.energy_settings import energy_file, load_energy_settings

    assumptions = _assumed(settings, folder)
    names = [each.name for each in session.contenders] + [each.name for each in assumptions.paid]
    # A name may be gone with another session or another API price.
    against = settings.compare_with if settings.compare_with in names else None
    calibration = calibration_for(session, load_energy_settings(energy_file(folder)))
    report = cost_report(
        session,
        msgspec.structs.replace(assumptions, compare_with=against, calibration=calibration),
        verdicts,
    )
    return msgspec.structs.replace(report, notes=(*report.notes, *notes))
