"""The list of recent comparisons, newest first, fetched a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from functools import partial
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from engine.errors import DamagedHistory, SteelyardError
from gui.collaborators import History
from gui.figures import count, when
from gui.jobs import Jobs
from storage.query import Query
from storage.summary import SessionSummary

PAGE: Final = 50
COMPARISONS: Final = Query(kinds=("compare",))

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()


class SessionRole(IntEnum):
    SUMMARY = Qt.ItemDataRole.UserRole
    CREATED = Qt.ItemDataRole.UserRole + 1


class SessionsModel(QAbstractListModel):
    """DisplayRole is the title; SUMMARY gives the whole SessionSummary, CREATED what to sort by."""

    failed = Signal(str)
    damaged = Signal(str)
    """The history's file is damaged; what can be read of it can be salvaged."""
    loaded = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._history: History | None = None
        self._summaries: list[SessionSummary] = []
        self._more = False
        self._fetching = False

    def use(self, history: History) -> None:
        self._history = history
        self.reload()

    def reload(self) -> None:
        """Fetch again what is shown, since a session was added, changed or deleted."""
        limit = max(PAGE, len(self._summaries))
        self._fetch(limit, 0)

    def rename(self, session_id: str, title: str) -> None:
        if self._history is not None:
            self._change(partial(self._history.rename, session_id, title))

    # What views ask ----------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._summaries)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        summary = self._summaries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return summary.title
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return ", ".join(summary.contenders)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{summary.title}. {facts(summary, datetime.now().astimezone())}"
            case SessionRole.SUMMARY:
                return summary
            case SessionRole.CREATED:
                return summary.created.timestamp()
        return None

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return not parent.isValid() and self._more and not self._fetching

    def fetchMore(self, parent: AnyIndex) -> None:
        if self.canFetchMore(parent):
            self._fetch(PAGE, len(self._summaries))

    # -------------------------------------------------------------------------------------------

    def _fetch(self, limit: int, offset: int) -> None:
        if self._history is None:
            return
        self._fetching = True
        work = partial(self._history.sessions, limit + 1, offset, COMPARISONS)
        self._jobs.start("history", work, partial(self._take, limit, offset), self._fail)

    def _take(self, limit: int, offset: int, found: tuple[SessionSummary, ...]) -> None:
        self._fetching = False
        fresh = list(found[:limit])
        if offset == 0:
            self.beginResetModel()
            self._summaries = fresh
            self._more = len(found) > limit
            self.endResetModel()
        elif offset == len(self._summaries):
            if fresh:
                self.beginInsertRows(QModelIndex(), offset, offset + len(fresh) - 1)
                self._summaries.extend(fresh)
                self.endInsertRows()
            self._more = len(found) > limit
        self.loaded.emit()

    def _change(self, work: Callable[[], None]) -> None:
        self._jobs.start("history", work, self._reload_after, self._fail)

    def _reload_after(self, _: None) -> None:
        self.reload()

    def _fail(self, fault: SteelyardError) -> None:
        self._fetching = False
        (self.damaged if isinstance(fault, DamagedHistory) else self.failed).emit(str(fault))


def facts(summary: SessionSummary, now: datetime) -> str:
    """When it was, and how many models took part or how far it came."""
    moment = when(summary.created, now)
    if summary.all_failed:
        return f"{moment} · failed"
    if summary.status == "finished":
        return f"{moment} · {count(len(summary.contenders), 'model')}"
    return f"{moment} · {summary.status}, {summary.n_answered} of {summary.n_jobs}"
