"""Makes sessions of the tables; each function works within its caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from engine.contract import Session, SessionStatus
from engine.errors import Misnamed
from storage.bodies import unpack_case, unpack_contender, unpack_reply, unpack_session
from storage.owner import Owner, is_alive
from storage.tables import BinRow, CaseRow, ContenderRow, ReplyRow, SessionRow
from storage.writing import EPOCH

SHORTEST_PART = 4


def find_id(connection: Connection, part: str) -> str:
    """The id that `part` stands for: all of it, its beginning, or that of its last word."""
    wanted = part.strip()
    if connection.execute(_IDS.where(SessionRow.id == wanted)).scalar():
        return wanted
    if len(wanted) < SHORTEST_PART:
        raise Misnamed(
            f"“{wanted}” is too short for a session's id: give at least {SHORTEST_PART} characters."
        )
    begins = SessionRow.id.startswith(wanted, autoescape=True)
    last_word_begins = SessionRow.id.contains("-" + wanted, autoescape=True)
    found = connection.execute(
        _IDS.where(begins | last_word_begins).order_by(SessionRow.id).limit(4)
    ).scalars()
    return _only_one(wanted, tuple(found))


def read_session(connection: Connection, session_id: str) -> Session:
    """All of a session; replies in the order in which they came. `session_id` must exist."""
    row = connection.execute(select(SessionRow.__table__).where(SessionRow.id == session_id)).one()
    contenders = connection.execute(
        select(ContenderRow.body)
        .where(ContenderRow.session == row.number)
        .order_by(ContenderRow.position)
    ).scalars()
    cases = connection.execute(
        select(CaseRow.body).where(CaseRow.session == row.number).order_by(CaseRow.position)
    ).scalars()
    replies = connection.execute(
        select(ReplyRow.body, ReplyRow.text)
        .where(ReplyRow.session == row.number)
        .order_by(ReplyRow.number)
    )
    return msgspec.structs.replace(
        unpack_session(row.body),
        title=row.title,
        status=status_now(row),
        notes=row.notes,
        tags=msgspec.json.decode(row.tags, type=tuple[str, ...]),
        starred=row.starred,
        contenders=tuple(unpack_contender(body) for body in contenders),
        cases=tuple(unpack_case(body) for body in cases),
        replies=tuple(unpack_reply(body, text) for body, text in replies),
    )


def abandoned(connection: Connection) -> list[str]:
    """Ids of sessions that are marked as running by a process that no longer exists."""
    rows = connection.execute(_RUNNING).all()
    return [row.id for row in rows if status_now(row) == "interrupted"]


def is_running(connection: Connection, session_id: str) -> bool:
    row = connection.execute(_RUNNING.where(SessionRow.id == session_id)).one_or_none()
    return row is not None and status_now(row) == "running"


def moment(created_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=created_us)


def status_now(row: Row[*tuple[Any, ...]]) -> SessionStatus:
    """A session whose process died without a word was interrupted."""
    status: SessionStatus = row.status
    if status != "running":
        return status
    if row.owner_pid is None:
        return "interrupted"
    owner = Owner(row.owner_pid, row.owner_started_s, row.owner_boot)
    return "running" if is_alive(owner) else "interrupted"


def _only_one(wanted: str, ids: tuple[str, ...]) -> str:
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise Misnamed(
            f"No session's id is “{wanted}” or begins with it. The list of sessions shows all ids."
        )
    some = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
    raise Misnamed(f"More than one session's id begins with “{wanted}”: {some}. Give more of it.")


_IDS = select(SessionRow.id).where(SessionRow.number.not_in(select(BinRow.session)))
_RUNNING = select(
    SessionRow.id,
    SessionRow.status,
    SessionRow.owner_pid,
    SessionRow.owner_started_s,
    SessionRow.owner_boot,
).where(SessionRow.status == "running")
