"""Where searched words were found: in which sessions, at which place of each, and the words around it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Subquery, func, select

from storage.excerpt import excerpt
from storage.summary import Hit
from storage.tables import (
    FIRST_REPLY,
    FOUND,
    SESSION_SHIFT,
    CaseRow,
    ContenderRow,
    ReplyRow,
    SessionRow,
)
from storage.words import Term, match_expression


def first_places(wanted: tuple[Term, ...]) -> Subquery:
    """`session` and the number of its `first` part that has the words; scans the index just once."""
    session = FOUND.c.rowid.op(">>")(SESSION_SHIFT).label("session")
    return (
        select(session, func.min(FOUND.c.rowid).label("first"))
        .where(FOUND.c.found.match(match_expression(wanted)))
        .group_by(session)
        .subquery("hits")
    )


def read_hits(
    connection: Connection, firsts: Mapping[int, int], wanted: tuple[Term, ...]
) -> dict[int, Hit]:
    """The hit of each session; `firsts` has the number of the part where it is."""
    titles = [session for session, number in firsts.items() if number == session << SESSION_SHIFT]
    others = set(firsts.values()) - {session << SESSION_SHIFT for session in titles}
    prompts = [number for number in others if not number & FIRST_REPLY]
    replies = [number for number in others if number & FIRST_REPLY]
    return (
        _in_titles(connection, titles, wanted)
        | _in_prompts(connection, prompts, wanted)
        | _in_replies(connection, replies, wanted)
    )


def _in_titles(
    connection: Connection, sessions: list[int], wanted: tuple[Term, ...]
) -> dict[int, Hit]:
    hits = {}
    rows = connection.execute(
        select(SessionRow.number, SessionRow.title, SessionRow.notes).where(
            SessionRow.number.in_(sessions)
        )
    )
    for number, title, notes in rows:
        hit = Hit(place="title", contender=None, excerpt=excerpt(title, wanted))
        if not any(stretch.hit for stretch in hit.excerpt):
            hit = Hit(place="notes", contender=None, excerpt=excerpt(notes, wanted))
        hits[number] = hit
    return hits


def _in_prompts(
    connection: Connection, numbers: list[int], wanted: tuple[Term, ...]
) -> dict[int, Hit]:
    rows = connection.execute(
        select(CaseRow.session, CaseRow.text).where(CaseRow.number.in_(numbers))
    )
    return {
        session: Hit(place="prompt", contender=None, excerpt=excerpt(text, wanted))
        for session, text in rows
    }


def _in_replies(
    connection: Connection, numbers: list[int], wanted: tuple[Term, ...]
) -> dict[int, Hit]:
    rows = connection.execute(
        select(ReplyRow.session, ReplyRow.text, ContenderRow.name)
        .join(
            ContenderRow,
            (ContenderRow.session == ReplyRow.session)
            & (ContenderRow.position == ReplyRow.contender),
        )
        .where(ReplyRow.number.in_(numbers))
    )
    return {
        session: Hit(place="reply", contender=name, excerpt=excerpt(text, wanted))
        for session, text, name in rows
    }
