"""Takes recorded sessions to the pages that show their kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.contract import Session, SessionKind
from engine.errors import SteelyardError
from gui.collaborators import History
from gui.jobs import Jobs
from gui.pages import Page, SessionView, Use

_NO_SUCH_USE: Final[dict[Use, str]] = {
    "show": "",
    "resume": "A session of this kind cannot be resumed. Run it again: it begins anew.",
    "again": "A session of this kind cannot be run again from here.",
    "change": "A session of this kind cannot be changed and run again from here.",
}


class SessionOpener(QObject):
    """Reads a session in the background, shows the page of its kind and hands the session over.

    A kind that no page claims is shown by the first page that has sessions at all.
    """

    refused = Signal(str)
    """Why nothing was done."""

    def __init__(
        self,
        jobs: Jobs,
        pages: Sequence[Page],
        show_page: Callable[[QWidget], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._pages = [(page, view) for page in pages for view in page.sessions]
        self._show_page = show_page
        self._history: History | None = None

    def use(self, history: History) -> None:
        self._history = history

    def open(self, session_id: str) -> None:
        self._fetch("show", session_id)

    def resume(self, session_id: str) -> None:
        self._fetch("resume", session_id)

    def run_again(self, session_id: str) -> None:
        self._fetch("again", session_id)

    def change(self, session_id: str) -> None:
        """Let the user change something of the session's plan before it is run again."""
        self._fetch("change", session_id)

    def why_not(self, use: Use, kind: SessionKind) -> str:
        """Why sessions of this kind are never put to this use; empty where they are."""
        view = self._find(kind)[1]
        claimed = kind in view.kinds and _act(view, use) is not None
        return "" if claimed else _NO_SUCH_USE[use]

    # -------------------------------------------------------------------------------------------

    def _find(self, kind: SessionKind) -> tuple[Page, SessionView]:
        return next((each for each in self._pages if kind in each[1].kinds), self._pages[0])

    def _fetch(self, use: Use, session_id: str) -> None:
        history = self._history
        if history is not None:
            work = partial(history.session, session_id)
            self._jobs.start("history", work, partial(self._hand_over, use), self._fail)

    def _hand_over(self, use: Use, session: Session) -> None:
        page, view = self._find(session.kind)
        act = _act(view, use)
        why = self.why_not(use, session.kind) or view.why_not()
        if why or act is None:
            self.refused.emit(why)
            return
        self._show_page(page.widget)
        act(session)

    def _fail(self, fault: SteelyardError) -> None:
        self.refused.emit(str(fault))


def _act(view: SessionView, use: Use) -> Callable[[Session], None] | None:
    match use:
        case "show":
            return view.show
        case "resume":
            return view.resume
        case "again":
            return view.again
        case "change":
            return view.change
