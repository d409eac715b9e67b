"""The Cost page without its widgets: the session, what is assumed, and the report that follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from engine.contract import Contender, Session
from engine.errors import SteelyardError
from gui.collaborators import History
from gui.cost.settings import CostSettings, assumptions_of, countries
from gui.jobs import Jobs
from storage.summary import SessionSummary

if TYPE_CHECKING:  # brings numpy, which a start must not wait for
    from engine.contract import Verdict
    from engine.cost.document import CostReport

TYPING_PAUSE_MS: Final = 150
LISTED: Final = 50
NO_SESSION: Final = "There is no session yet. Run a comparison, then come back."


class CostModel(QObject):
    """Reads the session and reckons in the jobs; each change calls off the reckoning before it.

    It rests until `show`: a start does not wait for figures that nobody sees.
    """

    sessions_listed = Signal()
    countries_known = Signal()
    session_shown = Signal()
    estimated = Signal()
    """`report` follows from the session and the settings now."""
    refused = Signal(str)
    """Why there are no figures."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._history: History | None = None
        self._shown = False
        self._wanted: str | None = None
        self._ticket = 0
        self._judged: tuple[Contender, ...] = ()
        self._verdicts: tuple[Verdict, ...] = ()
        self.settings = CostSettings()
        self.sessions: tuple[SessionSummary, ...] = ()
        self.countries: dict[str, str] = {}
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
        if not self.countries:
            self._jobs.start("cost", countries, self._take_countries, self._refuse)
        if self._history is None:
            self.refused.emit(NO_SESSION)
            return
        listing = partial(self._history.sessions, LISTED, 0)
        self._jobs.start("history", listing, self._take_sessions, self._refuse)
        if self._wanted is not None:
            self._read(self._wanted)

    def hide(self) -> None:
        self._shown = False
        self._typing.stop()

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

    def judge(self, contenders: Sequence[Contender], verdicts: Sequence[Verdict]) -> None:
        """Take what a suite found; it counts for sessions of the same models."""
        self._judged, self._verdicts = tuple(contenders), tuple(verdicts)
        if self._shown:
            self._typing.start()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Those that judge two models of the session."""
        if self.session is None:
            return ()
        judged = {each.name: each.model for each in self._judged}
        same = {
            each.name for each in self.session.contenders if judged.get(each.name) == each.model
        }
        return tuple(v for v in self._verdicts if {v.contender, v.reference} <= same)

    # -------------------------------------------------------------------------------------------

    def _read(self, session_id: str) -> None:
        if self._history is not None:
            self._ticket += 1
            work = partial(self._history.session, session_id)
            self._jobs.start("history", work, self._take_session, self._refuse)

    def _estimate(self) -> None:
        session = self.session
        if session is None:
            return
        self._ticket += 1
        work = partial(_report, session, self.settings, self.verdicts)
        self._jobs.start(
            "cost",
            work,
            partial(self._take_report, self._ticket),
            partial(self._refuse_estimate, self._ticket),
        )

    def _take_countries(self, found: dict[str, str]) -> None:
        self.countries = found
        self.countries_known.emit()

    def _take_sessions(self, found: tuple[SessionSummary, ...]) -> None:
        self.sessions = found
        self.sessions_listed.emit()
        if self._wanted is not None:
            return
        if found:
            self.look_at(found[0].id)
        else:
            self.refused.emit(NO_SESSION)

    def _take_session(self, session: Session) -> None:
        if session.id == self._wanted:
            self.session = session
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


def _report(session: Session, settings: CostSettings, verdicts: Sequence[Verdict]) -> CostReport:
    from engine.cost.report import cost_report

    assumptions = assumptions_of(settings, datetime.now().astimezone().date())
    names = [each.name for each in session.contenders] + [each.name for each in assumptions.paid]
    judged_against = next((each.reference for each in verdicts), None)
    # A name may be gone with another session or another API price.
    against = settings.compare_with if settings.compare_with in names else judged_against
    return cost_report(
        session, msgspec.structs.replace(assumptions, compare_with=against), verdicts
    )
