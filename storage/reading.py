"""Makes Structs of the tables; each function works within its caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Row, func, select

from engine.contract import Session, SessionKind, SessionStatus
from engine.errors import StorageError
from storage.bodies import unpack_case, unpack_contender, unpack_reply, unpack_settings
from storage.owner import Owner, is_alive
from storage.summary import SessionSummary
from storage.tables import CaseRow, ContenderRow, ReplyRow, SessionRow
from storage.writing import EPOCH

SHORTEST_PART = 4


def find_id(connection: Connection, part: str) -> str:
    """The id that `part` stands for: all of it, its beginning, or that of its last word."""
    wanted = part.strip()
    if connection.execute(select(SessionRow.id).where(SessionRow.id == wanted)).scalar():
        return wanted
    if len(wanted) < SHORTEST_PART:
        raise StorageError(
            f"“{wanted}” is too short for a session's id: give at least {SHORTEST_PART} characters."
        )
    begins = SessionRow.id.startswith(wanted, autoescape=True)
    last_word_begins = SessionRow.id.contains("-" + wanted, autoescape=True)
    found = connection.execute(
        select(SessionRow.id).where(begins | last_word_begins).order_by(SessionRow.id).limit(4)
    ).scalars()
    return _only_one(wanted, tuple(found))


def _only_one(wanted: str, ids: tuple[str, ...]) -> str:
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise StorageError(
            f"No session's id is “{wanted}” or begins with it. The list of sessions shows all ids."
        )
    some = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
    raise StorageError(
        f"More than one session's id begins with “{wanted}”: {some}. Give more of it."
    )


def read_session(connection: Connection, session_id: str) -> Session:
    """All of a session; replies in the order in which they came. `session_id` must exist."""
    row = connection.execute(select(SessionRow.__table__).where(SessionRow.id == session_id)).one()
    contenders = tuple(
        unpack_contender(body)
        for body in connection.execute(
            select(ContenderRow.body)
            .where(ContenderRow.session == row.number)
            .order_by(ContenderRow.position)
        ).scalars()
    )
    cases = tuple(
        unpack_case(body)
        for body in connection.execute(
            select(CaseRow.body).where(CaseRow.session == row.number).order_by(CaseRow.position)
        ).scalars()
    )
    replies = connection.execute(
        select(ReplyRow.body, ReplyRow.text)
        .where(ReplyRow.session == row.number)
        .order_by(ReplyRow.number)
    )
    settings = unpack_settings(row.body)
    return Session(
        id=row.id,
        title=row.title,
        created=_moment(row.created_us),
        kind=row.kind,
        status=_status(row),
        environment=settings.environment,
        sampling=settings.sampling,
        repeats=settings.repeats,
        together=settings.together,
        warm_up=settings.warm_up,
        contenders=contenders,
        cases=cases,
        replies=tuple(unpack_reply(body, text) for body, text in replies),
    )


def read_summaries(
    connection: Connection, limit: int | None, offset: int
) -> tuple[SessionSummary, ...]:
    """Newest first."""
    rows = connection.execute(
        _SUMMARIES.order_by(SessionRow.created_us.desc(), SessionRow.number.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    names = _contender_names(connection, [row.number for row in rows])
    return tuple(
        SessionSummary(
            id=row.id,
            title=row.title,
            created=_moment(row.created_us),
            kind=cast(SessionKind, row.kind),
            status=_status(row),
            contenders=tuple(names[row.number]),
            n_replies=row.n_replies,
            n_jobs=row.n_jobs,
        )
        for row in rows
    )


def abandoned(connection: Connection) -> list[str]:
    """Ids of sessions that are marked as running by a process that no longer exists."""
    rows = connection.execute(_RUNNING).all()
    return [row.id for row in rows if _status(row) == "interrupted"]


def is_running(connection: Connection, session_id: str) -> bool:
    row = connection.execute(_RUNNING.where(SessionRow.id == session_id)).one_or_none()
    return row is not None and _status(row) == "running"


def _contender_names(connection: Connection, numbers: list[int]) -> dict[int, list[str]]:
    found = connection.execute(
        select(ContenderRow.session, ContenderRow.name)
        .where(ContenderRow.session.in_(numbers))
        .order_by(ContenderRow.session, ContenderRow.position)
    )
    names: dict[int, list[str]] = defaultdict(list)
    for number, name in found:
        names[number].append(name)
    return names


def _moment(created_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=created_us)


def _status(row: Row[*tuple[Any, ...]]) -> SessionStatus:
    """As it is now: a session whose process died without a word was interrupted."""
    status: SessionStatus = row.status
    if status == "running" and row.owner_pid is None:
        return "interrupted"
    if status == "running" and not is_alive(
        Owner(row.owner_pid, row.owner_started_s, row.owner_boot)
    ):
        return "interrupted"
    return status


_OWNED = (SessionRow.owner_pid, SessionRow.owner_started_s, SessionRow.owner_boot)
_N_REPLIES = select(func.count()).where(ReplyRow.session == SessionRow.number).scalar_subquery()
_SUMMARIES = select(
    SessionRow.number,
    SessionRow.id,
    SessionRow.title,
    SessionRow.created_us,
    SessionRow.kind,
    SessionRow.status,
    SessionRow.n_jobs,
    _N_REPLIES.label("n_replies"),
    *_OWNED,
)
_RUNNING = select(SessionRow.id, SessionRow.status, *_OWNED).where(SessionRow.status == "running")
