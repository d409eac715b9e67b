"""The recorder as a run sees it: its failures become one event, and the run goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from engine.contract import (
    Began,
    Environment,
    Event,
    Findings,
    NotRecorded,
    Plan,
    Recorder,
    Reply,
    Session,
    SessionStatus,
)
from engine.errors import StorageError


class Record:
    """The recorder with its failures turned into one event; without one it records nothing."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._session: str | None = None
        self._lock = threading.Lock()

    def begin(
        self, plan: Plan, environment: Environment, resume: Session | None
    ) -> Iterator[Event]:
        trouble: list[Event] = []
        if self._recorder is not None:
            try:
                if resume is None:
                    self._session = self._recorder.begin(plan, environment)
                else:
                    self._recorder.resume(resume.id)
                    self._session = resume.id
            except StorageError as error:
                trouble = self._give_up(error)
        yield Began(session=self._session)
        yield from trouble

    def keep(self, reply: Reply) -> list[Event]:
        """Commit a reply; on failure one event, and nothing is tried any more."""
        with self._lock:
            if self._recorder is None or self._session is None:
                return []
            try:
                self._recorder.record(self._session, reply)
            except StorageError as error:
                return self._give_up(error)
            return []

    def keep_findings(self, findings: Findings) -> list[Event]:
        """Commit what was found in place of what was found before; on failure as `keep`."""
        with self._lock:
            if self._recorder is None or self._session is None:
                return []
            try:
                self._recorder.keep(self._session, findings)
            except StorageError as error:
                return self._give_up(error)
            return []

    def end(self, status: SessionStatus) -> list[Event]:
        with self._lock:
            if self._recorder is None or self._session is None:
                return []
            try:
                self._recorder.end(self._session, status)
            except StorageError as error:
                return self._give_up(error)
            return []

    def _give_up(self, error: StorageError) -> list[Event]:
        self._session = None
        return [NotRecorded(reason=str(error))]
