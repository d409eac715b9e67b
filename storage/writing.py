"""Puts Structs into the tables; each function works within its caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.dialects import sqlite

from engine.contract import Case, Contender, Findings, Reply, Session, SessionStatus
from engine.errors import StorageError
from storage.bodies import pack, pack_reply, pack_session, unpack_session
from storage.owner import Owner
from storage.tables import (
    FIRST_REPLY,
    SESSION_SHIFT,
    CaseRow,
    ContenderRow,
    ReplyRow,
    SessionRow,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def insert_session(connection: Connection, session: Session, owner: Owner | None) -> None:
    """Add a session with all it holds; its id must be new."""
    number = connection.execute(
        insert(SessionRow).returning(SessionRow.number),
        {
            "id": session.id,
            "created_us": microseconds(session.created),
            "kind": session.kind,
            "status": session.status,
            "n_jobs": len(session.contenders) * len(session.cases) * session.repeats,
            "machine": session.environment.cpu,
            **_changeable(session),
            **_owned_by(owner),
        },
    ).scalar_one()
    _insert_all(connection, ContenderRow, _contenders(number, session.contenders))
    _insert_all(connection, CaseRow, _cases(number, session.cases))
    insert_replies(connection, session, 0, len(session.replies))


def insert_replies(connection: Connection, session: Session, start: int, n_replies: int) -> None:
    """Add so many of the session's replies, from `start` on; the session itself must be there."""
    number = connection.execute(
        select(SessionRow.number).where(SessionRow.id == session.id)
    ).scalar_one()
    contenders = {contender.name: i for i, contender in enumerate(session.contenders)}
    cases = {case.id: i for i, case in enumerate(session.cases)}
    first = (number << SESSION_SHIFT) + FIRST_REPLY + start
    replies = [
        {
            "number": first + i,
            **_reply(number, contenders[reply.contender], cases[reply.case], reply),
        }
        for i, reply in enumerate(session.replies[start : start + n_replies])
    ]
    _insert_all(connection, ReplyRow, replies)


def keep_findings(connection: Connection, session_id: str, findings: Findings) -> None:
    """Put what was found in place of what was found before."""
    body = connection.execute(
        select(SessionRow.body).where(SessionRow.id == session_id)
    ).scalar_one_or_none()
    if body is None:
        raise _missing(session_id)
    changed = pack_session(findings.added_to(unpack_session(body)))
    connection.execute(update(SessionRow).where(SessionRow.id == session_id).values(body=changed))


def put_reply(connection: Connection, session_id: str, reply: Reply) -> None:
    """Add a reply, or replace the one of the same contender, case and repeat in its place."""
    names = {"id": session_id, "contender_name": reply.contender, "case_name": reply.case}
    place = connection.execute(_PLACE_OF_REPLY, names).one_or_none()
    if place is None:
        raise StorageError(
            f"The reply of {reply.contender} to {reply.case} was not kept: session {session_id}"
            " is no longer in the history, or has no such contender and case."
        )
    first = (place.number << SESSION_SHIFT) + FIRST_REPLY
    last = connection.execute(_LAST_REPLY, {"first": first}).scalar()
    row = _reply(place.number, place.contender, place.case, reply)
    connection.execute(_PUT_REPLY, {"number": first if last is None else last + 1, **row})


def set_status(
    connection: Connection, session_id: str, status: SessionStatus, owner: Owner | None
) -> None:
    changed = connection.execute(
        update(SessionRow).where(SessionRow.id == session_id),
        {"status": status, **_owned_by(owner)},
    )
    _must_be_there(session_id, changed.rowcount)


def microseconds(moment: datetime) -> int:
    """Since the epoch."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def _must_be_there(session_id: str, n_changed: int) -> None:
    if not n_changed:
        raise _missing(session_id)


def _missing(session_id: str) -> StorageError:
    return StorageError(f"Session {session_id} is no longer in the history.")


def _insert_all(connection: Connection, table: type, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _changeable(session: Session) -> dict[str, Any]:
    return {
        "title": session.title,
        "notes": session.notes,
        "tags": msgspec.json.encode(session.tags).decode(),
        "starred": session.starred,
        "body": pack_session(session),
    }


def _owned_by(owner: Owner | None) -> dict[str, Any]:
    return {
        "owner_pid": owner and owner.pid,
        "owner_started_s": owner and owner.started_s,
        "owner_boot": owner and owner.boot,
    }


def _contenders(number: int, contenders: Sequence[Contender]) -> list[dict[str, Any]]:
    return [
        {
            "session": number,
            "position": position,
            "name": contender.name,
            "file": contender.model.file,
            "quantization": contender.model.quantization,
            "body": pack(contender),
        }
        for position, contender in enumerate(contenders)
    ]


def _cases(number: int, cases: Sequence[Case]) -> list[dict[str, Any]]:
    return [
        {
            "number": (number << SESSION_SHIFT) + 1 + position,
            "session": number,
            "position": position,
            "name": case.id,
            "text": "\n".join(message.content for message in case.messages),
            "body": pack(case),
        }
        for position, case in enumerate(cases)
    ]


def _reply(number: int, contender: int, case: int, reply: Reply) -> dict[str, Any]:
    return {
        "session": number,
        "contender": contender,
        "case": case,
        "repeat": reply.repeat,
        "finish_reason": reply.finish_reason,
        "text": reply.text,
        "body": pack_reply(reply),
    }


_PLACE_OF_REPLY = (
    select(
        SessionRow.number,
        ContenderRow.position.label("contender"),
        CaseRow.position.label("case"),
    )
    .join(ContenderRow, ContenderRow.session == SessionRow.number)
    .join(CaseRow, CaseRow.session == SessionRow.number)
    .where(
        SessionRow.id == bindparam("id"),
        ContenderRow.name == bindparam("contender_name"),
        CaseRow.name == bindparam("case_name"),
    )
)
_LAST_REPLY = select(func.max(ReplyRow.number)).where(
    ReplyRow.number.between(bindparam("first"), bindparam("first") + (FIRST_REPLY - 1))
)
_NEW_REPLY = sqlite.insert(ReplyRow)
_PUT_REPLY = _NEW_REPLY.on_conflict_do_update(
    index_elements=["session", "contender", "case", "repeat"],
    set_={
        "finish_reason": _NEW_REPLY.excluded.finish_reason,
        "text": _NEW_REPLY.excluded.text,
        "body": _NEW_REPLY.excluded.body,
    },
)
