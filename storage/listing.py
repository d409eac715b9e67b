"""Finds the sessions that a query asks for; works within its caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final, cast

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, func, join, select, text, true

from engine.contract import SessionKind
from storage.hits import first_places, read_hits
from storage.query import Query
from storage.reading import moment, status_now
from storage.summary import Choices, Hit, SessionSummary
from storage.tables import BinRow, ContenderRow, ReplyRow, SessionRow
from storage.words import terms
from storage.writing import microseconds

_N_REPLIES = (
    select(func.count())
    .where(ReplyRow.session == SessionRow.number)
    .scalar_subquery()
    .label("n_replies")
)
# The reason is written out, because SQLite takes an index of some rows only for a condition that it can read.
_N_FAILED = (
    select(func.count())
    .where(ReplyRow.session == SessionRow.number, text("reply.finish_reason = 'error'"))
    .scalar_subquery()
    .label("n_failed")
)
_SHOWN: Final = (
    SessionRow.number,
    SessionRow.id,
    SessionRow.title,
    SessionRow.created_us,
    SessionRow.kind,
    SessionRow.status,
    SessionRow.n_jobs,
    SessionRow.starred,
    SessionRow.tags,
    SessionRow.machine,
    SessionRow.owner_pid,
    SessionRow.owner_started_s,
    SessionRow.owner_boot,
    _N_REPLIES,
    _N_FAILED,
)
_FIRST_MODEL = (
    select(func.lower(ContenderRow.name))
    .where(ContenderRow.session == SessionRow.number, ContenderRow.position == 0)
    .scalar_subquery()
)
_ORDERS: Final[dict[str, ColumnElement[Any]]] = {
    "created": SessionRow.created_us.expression,
    "title": func.lower(SessionRow.title),
    "kind": SessionRow.kind.expression,
    "models": _FIRST_MODEL.expression,
    "status": SessionRow.status.expression,
    "n_replies": _N_REPLIES.expression - _N_FAILED.expression,
    "starred": SessionRow.starred.expression,
    "tags": func.lower(func.trim(SessionRow.tags, '[]"')),
    "machine": SessionRow.machine.expression,
}


def list_sessions(
    connection: Connection, query: Query, limit: int | None, offset: int
) -> tuple[SessionSummary, ...]:
    wanted = terms(query.text)
    order = _ORDERS[query.sort]
    newest = (SessionRow.created_us.desc(), SessionRow.number.desc())
    ordered = (
        (order.asc(), SessionRow.created_us.asc(), SessionRow.number.asc())
        if query.ascending
        else (order.desc(), *newest)
    )
    statement = select(*_SHOWN)
    if query.text.strip():
        places = first_places(wanted)
        statement = statement.join(places, places.c.session == SessionRow.number)
        statement = statement.add_columns(places.c.first)
    rows = connection.execute(
        _restricted(statement, query).order_by(*ordered).limit(limit).offset(offset)
    ).all()
    contenders = _contenders(connection, [row.number for row in rows])
    firsts = {row.number: row.first for row in rows} if query.text.strip() else {}
    hits = read_hits(connection, firsts, wanted)
    return tuple(_summary(row, contenders[row.number], hits.get(row.number)) for row in rows)


def count_sessions(connection: Connection, query: Query) -> int:
    statement = select(func.count()).select_from(SessionRow)
    if query.text.strip():
        places = first_places(terms(query.text))
        statement = statement.join(places, places.c.session == SessionRow.number)
    n_sessions: int = connection.execute(_restricted(statement, query)).scalar_one()
    return n_sessions


def list_choices(connection: Connection) -> Choices:
    def values(statement: Select[Any]) -> tuple[str, ...]:
        return tuple(connection.execute(statement).scalars())

    tag = func.json_each(SessionRow.tags).table_valued("value").c.value
    tagged = join(SessionRow, tag.table, true())
    return Choices(
        models=values(select(ContenderRow.file).distinct().order_by(ContenderRow.file)),
        quantizations=values(
            select(ContenderRow.quantization)
            .distinct()
            .where(ContenderRow.quantization.is_not(None))
            .order_by(ContenderRow.quantization)
        ),
        tags=values(select(tag).distinct().select_from(tagged).order_by(tag)),
        machines=values(select(SessionRow.machine).distinct().order_by(SessionRow.machine)),
    )


def _restricted(statement: Select[Any], query: Query) -> Select[Any]:
    statement = statement.where(SessionRow.number.not_in(select(BinRow.session)))
    for names, among in (
        (query.models, ContenderRow.file),
        (query.quantizations, ContenderRow.quantization),
    ):
        if names:
            having = select(ContenderRow.session).where(among.in_(names))
            statement = statement.where(SessionRow.number.in_(having))
    for name in query.tags:
        tag = func.json_each(SessionRow.tags).table_valued("value").c.value
        statement = statement.where(select(1).where(tag == name).exists())
    if query.kinds:
        statement = statement.where(SessionRow.kind.in_(query.kinds))
    if query.machines:
        statement = statement.where(SessionRow.machine.in_(query.machines))
    if query.starred:
        statement = statement.where(SessionRow.starred)
    if query.since:
        statement = statement.where(SessionRow.created_us >= microseconds(query.since))
    if query.until:
        statement = statement.where(SessionRow.created_us < microseconds(query.until))
    return statement


def _contenders(
    connection: Connection, numbers: list[int]
) -> dict[int, list[tuple[str, str | None]]]:
    found = connection.execute(
        select(ContenderRow.session, ContenderRow.name, ContenderRow.quantization)
        .where(ContenderRow.session.in_(numbers))
        .order_by(ContenderRow.session, ContenderRow.position)
    )
    contenders: dict[int, list[tuple[str, str | None]]] = defaultdict(list)
    for number, name, quantization in found:
        contenders[number].append((name, quantization))
    return contenders


def _summary(
    row: Row[*tuple[Any, ...]], contenders: list[tuple[str, str | None]], hit: Hit | None
) -> SessionSummary:
    quantizations = {quantization for _, quantization in contenders if quantization}
    return SessionSummary(
        id=row.id,
        title=row.title,
        created=moment(row.created_us),
        kind=cast(SessionKind, row.kind),
        status=status_now(row),
        contenders=tuple(name for name, _ in contenders),
        quantizations=tuple(sorted(quantizations)),
        n_replies=row.n_replies,
        n_failed=row.n_failed,
        n_jobs=row.n_jobs,
        tags=msgspec.json.decode(row.tags, type=tuple[str, ...]),
        starred=row.starred,
        machine=row.machine,
        hit=hit,
    )
