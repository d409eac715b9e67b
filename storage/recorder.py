"""Keeps a run while it happens: engine.contract.Recorder over the history's database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from engine.contract import Environment, Findings, Plan, Reply, Session, SessionKind, SessionStatus
from engine.errors import StorageError
from storage.database import Database
from storage.ids import new_id
from storage.owner import this_process
from storage.reading import is_running
from storage.removal import remove_empty
from storage.writing import insert_session, keep_findings, put_reply, set_status

TITLE_LENGTH: Final = 80
_MEASURING: Final = {"bench", "fidelity"}


class SessionRecorder:
    """Any thread may call it; each method raises StorageError and then has changed nothing."""

    def __init__(self, database: Database, kind: SessionKind) -> None:
        self._database = database
        self._kind: SessionKind = kind
        self._resumed: set[str] = set()

    def begin(self, plan: Plan, environment: Environment) -> str:
        session = new_session(plan, environment, self._kind)
        with self._database.write() as connection:
            insert_session(connection, session, this_process())
        return session.id

    def resume(self, session: str) -> None:
        with self._database.write() as connection:
            if is_running(connection, session):
                raise StorageError(
                    f"Session {session} is still running. Stop it there before you resume it."
                )
            set_status(connection, session, "running", this_process())
        self._resumed.add(session)

    def record(self, session: str, reply: Reply) -> None:
        with self._database.write() as connection:
            put_reply(connection, session, reply)

    def keep(self, session: str, findings: Findings) -> None:
        with self._database.write() as connection:
            keep_findings(connection, session, findings)

    def end(self, session: str, status: SessionStatus) -> None:
        """One that was to measure and has nothing to show is removed, unless it was there before."""
        with self._database.write() as connection:
            set_status(connection, session, status, owner=None)
            if self._kind in _MEASURING and session not in self._resumed:
                remove_empty(connection, session)


def new_session(plan: Plan, environment: Environment, kind: SessionKind) -> Session:
    """The session of a plan that is about to run."""
    now = datetime.now(UTC)
    return Session(
        id=new_id(now),
        title=plan.title or _default_title(plan),
        created=now,
        kind=kind,
        environment=environment,
        sampling=plan.sampling,
        repeats=plan.repeats,
        together=plan.together,
        batched=plan.batched,
        warm_up=plan.warm_up,
        tests=plan.tests,
        fidelity_task=plan.fidelity_task,
        contenders=plan.contenders,
        cases=plan.cases,
    )


def _default_title(plan: Plan) -> str:
    """The first words that somebody asked; of a plan without any, its contenders."""
    asked = (
        message.content
        for case in plan.cases
        for message in case.messages
        if message.role == "user" and message.content.strip()
    )
    text = next(asked, "") or " / ".join(contender.name for contender in plan.contenders)
    words = " ".join(text[: 4 * TITLE_LENGTH].split())
    if len(words) <= TITLE_LENGTH:
        return words
    return words[: TITLE_LENGTH - 1].rsplit(" ", 1)[0].rstrip() + "…"
