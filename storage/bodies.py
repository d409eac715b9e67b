"""The parts of a session as they lie in the `body` columns: msgpack of Structs.

A body lacks what its row has in columns or other rows, so nothing is kept twice; a new field of a Struct
is kept without further work.
"""

from __future__ import annotations

import msgspec

from engine.contract import Case, Contender, Reply, Session

_sessions = msgspec.msgpack.Decoder(Session)
_contenders = msgspec.msgpack.Decoder(Contender)
_cases = msgspec.msgpack.Decoder(Case)
_replies = msgspec.msgpack.Decoder(Reply)

pack = msgspec.msgpack.encode
unpack_session = _sessions.decode
unpack_contender = _contenders.decode
unpack_case = _cases.decode


def pack_session(session: Session) -> bytes:
    """Without title, notes and tags, contenders, cases and replies."""
    lean = msgspec.structs.replace(
        session, title="", notes="", tags=(), contenders=(), cases=(), replies=()
    )
    return pack(lean)


def pack_reply(reply: Reply) -> bytes:
    return pack(msgspec.structs.replace(reply, text=""))


def unpack_reply(body: bytes, text: str) -> Reply:
    return msgspec.structs.replace(_replies.decode(body), text=text)
