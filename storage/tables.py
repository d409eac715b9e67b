"""The tables as queries see them; the migrations make them.

What lists show, sort or filter by is a column; the rest of each Struct lies in `body` as msgpack,
last in the row, so that a list never reads it. Contenders and cases are known by their position in
the session, which lets one index of the replies serve for identity, counting and deleting.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {str: Text, bytes: LargeBinary}


class SessionRow(Base):
    """created_us: microseconds since the epoch. owner_*: the process that runs it."""

    __tablename__ = "session"
    __table_args__ = (Index("session_created", "created_us", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    created_us: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    status: Mapped[str]
    n_jobs: Mapped[int]
    owner_pid: Mapped[int | None]
    owner_started_s: Mapped[float | None]
    owner_boot: Mapped[str | None]
    body: Mapped[bytes]


class ContenderRow(Base):
    __tablename__ = "contender"
    __table_args__ = (UniqueConstraint("session", "name"),)

    session: Mapped[int] = mapped_column(
        ForeignKey("session.number", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    file: Mapped[str]
    quantization: Mapped[str | None]
    body: Mapped[bytes]


class CaseRow(Base):
    __tablename__ = "case"
    __table_args__ = (UniqueConstraint("session", "name"), UniqueConstraint("session", "position"))

    number: Mapped[int] = mapped_column(primary_key=True)
    session: Mapped[int] = mapped_column(ForeignKey("session.number", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    body: Mapped[bytes]


class ReplyRow(Base):
    """`number` grows in the order in which the replies came; the text is not in `body`."""

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
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    session: Mapped[int] = mapped_column(ForeignKey("session.number", ondelete="CASCADE"))
    contender: Mapped[int]
    case: Mapped[int]
    repeat: Mapped[int]
    finish_reason: Mapped[str]
    text: Mapped[str]
    body: Mapped[bytes]
