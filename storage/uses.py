"""When each model was used last on this machine, and how fast it was then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Final

import msgspec
from sqlalchemy import Connection, Select, func, select

from engine.contract import ModelFile
from engine.limits import MOST_THREADS
from storage.reading import moment
from storage.tables import BinRow, ContenderRow, ReplyRow, SessionRow

SESSIONS_A_FILE: Final = 8  # the newest of each file's name that are looked into
# Of a reply: a shorter one is timed over a few steps, the first of them cold.
FEWEST_TOKENS: Final = 16
FEWEST_TOKENS_IN_ALL: Final = 32


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Of one model, by its content where that is known.

    generation_tokens_per_s: the median over n_replies, long enough to tell, of the newest session that
    measured it alone; offloaded_layers: with so many layers on a GPU.
    """

    path: str
    sha256: str | None
    last_used: datetime
    generation_tokens_per_s: float | None = None
    n_replies: int = 0
    offloaded_layers: int | None = None
    session: str | None = None


class _Contender(msgspec.Struct):
    model: ModelFile


class _Timing(msgspec.Struct):
    generation_tokens_per_s: float | None = None
    generated_tokens: int | None = None
    shared: bool = False


class _Runtime(msgspec.Struct):
    threads: int = 1
    offloaded_layers: int | None = None


class _Reply(msgspec.Struct):
    timing: _Timing = msgspec.field(default_factory=_Timing)
    runtime: _Runtime | None = None


_contenders = msgspec.msgpack.Decoder(_Contender)
_replies = msgspec.msgpack.Decoder(_Reply)


def last_uses(connection: Connection, machine: str) -> tuple[Use, ...]:
    """Newest first; `machine` is the processor's name as sessions have it."""
    found: dict[str, Use] = {}
    for row in connection.execute(_newest(machine)):
        model = _contenders.decode(row.body).model
        key = model.sha256 or model.path
        known = found.get(key)
        if known is not None and known.generation_tokens_per_s is not None:
            continue
        use = known or Use(path=model.path, sha256=model.sha256, last_used=moment(row.created_us))
        bodies = connection.execute(
            select(ReplyRow.body).where(
                ReplyRow.session == row.session, ReplyRow.contender == row.position
            )
        ).scalars()
        found[key] = _with_speed(use, row.id, (_replies.decode(body) for body in bodies))
    return tuple(sorted(found.values(), key=lambda use: use.last_used, reverse=True))


def _with_speed(use: Use, session: str, replies: Iterable[_Reply]) -> Use:
    alone = [reply for reply in replies if _tells_speed(reply)]
    speeds = [rate for each in alone if (rate := each.timing.generation_tokens_per_s)]
    in_all = sum(each.timing.generated_tokens or 0 for each in alone)
    if not speeds or in_all < FEWEST_TOKENS_IN_ALL:
        return use
    layers = {each.runtime.offloaded_layers for each in alone if each.runtime is not None}
    return msgspec.structs.replace(
        use,
        generation_tokens_per_s=median(speeds),
        n_replies=len(speeds),
        offloaded_layers=layers.pop() if len(layers) == 1 else None,
        session=session,
    )


def _tells_speed(reply: _Reply) -> bool:
    """Whether it ran alone, for long enough, with as many threads as can be (imported ones may not)."""
    possible = reply.runtime is None or 1 <= reply.runtime.threads <= MOST_THREADS
    long_enough = (reply.timing.generated_tokens or 0) >= FEWEST_TOKENS
    return possible and long_enough and not reply.timing.shared


def _newest(machine: str) -> Select[int, int, bytes, str, int]:
    rank = func.row_number().over(
        partition_by=ContenderRow.file, order_by=SessionRow.created_us.desc()
    )
    ranked = (
        select(ContenderRow.session, ContenderRow.position, rank.label("rank"))
        .join(SessionRow, SessionRow.number == ContenderRow.session)
        .where(SessionRow.machine == machine, SessionRow.number.not_in(select(BinRow.session)))
        .subquery()
    )
    return (
        select(
            ContenderRow.session,
            ContenderRow.position,
            ContenderRow.body,
            SessionRow.id,
            SessionRow.created_us,
        )
        .join(SessionRow, SessionRow.number == ContenderRow.session)
        .join(
            ranked,
            (ranked.c.session == ContenderRow.session)
            & (ranked.c.position == ContenderRow.position),
        )
        .where(ranked.c.rank <= SESSIONS_A_FILE)
        .order_by(SessionRow.created_us.desc())
    )


class Uses:
    """Finds the use of a model that lies somewhere: by its content, else by where it lay."""

    def __init__(self, uses: Iterable[Use]) -> None:
        self._by: dict[str, list[Use]] = defaultdict(list)
        for use in uses:
            self._by[use.path].append(use)
            if use.sha256 is not None:
                self._by[use.sha256].append(use)

    def of(self, paths: Sequence[str], sha256: str | None) -> Use | None:
        """The newest use of it, with the newest speed that was measured."""
        keys = [*paths, *([sha256] if sha256 else [])]
        candidates = (use for key in keys for use in self._by.get(key, ()))
        same = [
            each for each in candidates if None in {each.sha256, sha256} or each.sha256 == sha256
        ]
        same.sort(key=lambda use: use.last_used, reverse=True)
        if not same:
            return None
        measured = next((use for use in same if use.generation_tokens_per_s is not None), same[0])
        return msgspec.structs.replace(measured, last_used=same[0].last_used)
