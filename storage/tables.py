"""The tables as queries see them; the migrations make them.

What lists show, sort, filter or search by is a column; the rest of each Struct lies in `body` as
msgpack, last in the row, so that a list never reads it. Contenders and cases are known by their
position in the session: one index of the replies then serves for identity, counting and deleting.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    column,
    table,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SESSION_SHIFT: Final = 22
FIRST_REPLY: Final = 1 << 21
"""A part's number is session << SESSION_SHIFT, plus 1 + position of a case, or FIRST_REPLY and up."""

FOUND = table("found", column("rowid"), column("text"), column("found"), column("rank"))
"""The full text index: the rowid is a part's number, or session << SESSION_SHIFT for its title."""


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {str: Text, bytes: LargeBinary}


class SessionRow(Base):
    """created_us: microseconds since the epoch. tags: a JSON list. owner_*: the process that runs it."""

    __tablename__ = "session"
    __table_args__ = (Index("session_created", "created_us", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    created_us: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    status: Mapped[str]
    n_jobs: Mapped[int]
    starred: Mapped[bool]
    tags: Mapped[str]
    machine: Mapped[str]
    owner_pid: Mapped[int | None]
    owner_started_s: Mapped[float | None]
    owner_boot: Mapped[str | None]
    notes: Mapped[str]
    body: Mapped[bytes]


class ContenderRow(Base):
    __tablename__ = "contender"
    __table_args__ = (
        UniqueConstraint("session", "name"),
        Index("contender_file", "file", "session"),
        Index("contender_quantization", "quantization", "session"),
    )

    session: Mapped[int] = mapped_column(
        ForeignKey("session.number", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    file: Mapped[str]
    quantization: Mapped[str | None]
    body: Mapped[bytes]


class CaseRow(Base):
    """text: what its messages say, for the search; `body` has them apart."""

    __tablename__ = "case"
    __table_args__ = (UniqueConstraint("session", "name"), UniqueConstraint("session", "position"))

    number: Mapped[int] = mapped_column(primary_key=True)
    session: Mapped[int] = mapped_column(ForeignKey("session.number", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    text: Mapped[str]
    body: Mapped[bytes]


class ReplyRow(Base):
    __tablename__ = "reply"
    __table_args__ = (
        UniqueConstraint("session", "contender", "case", "repeat"),
        ForeignKeyConstraint(
            ["session", "contender"],
            ["contender.session", "contender.position"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["session", "case"], ["case.session", "case.position"], ondelete="CASCADE"
        ),
        Index("reply_failed", "session", sqlite_where=text("finish_reason = 'error'")),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    session: Mapped[int] = mapped_column(ForeignKey("session.number", ondelete="CASCADE"))
    contender: Mapped[int]
    case: Mapped[int]
    repeat: Mapped[int]
    finish_reason: Mapped[str]
    text: Mapped[str]
    body: Mapped[bytes]


class BinRow(Base):
    """Sessions that no list shows any more and that are deleted when the bin is emptied."""

    __tablename__ = "bin"

    session: Mapped[int] = mapped_column(
        ForeignKey("session.number", ondelete="CASCADE"), primary_key=True
    )
    discarded_us: Mapped[int] = mapped_column(BigInteger)
