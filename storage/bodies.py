"""The parts of a session as they lie in the `body` columns: msgpack of Structs."""

from __future__ import annotations

import msgspec

from engine.contract import Case, Contender, Environment, Plan, Reply, Sampling, Session


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to the whole session and is shown only when it is opened."""

    environment: Environment
    sampling: Sampling = Sampling()
    repeats: int = 1
    together: bool = False
    warm_up: bool = True

    @classmethod
    def of(cls, planned: Plan | Session, environment: Environment) -> Settings:
        return cls(
            environment=environment,
            sampling=planned.sampling,
            repeats=planned.repeats,
            together=planned.together,
            warm_up=planned.warm_up,
        )


def pack(part: Settings | Contender | Case | Reply) -> bytes:
    return msgspec.msgpack.encode(part)


def pack_reply(reply: Reply) -> bytes:
    return pack(msgspec.structs.replace(reply, text=""))


def unpack_reply(body: bytes, text: str) -> Reply:
    return msgspec.structs.replace(_replies.decode(body), text=text)


_replies = msgspec.msgpack.Decoder(Reply)
unpack_settings = msgspec.msgpack.Decoder(Settings).decode
unpack_contender = msgspec.msgpack.Decoder(Contender).decode
unpack_case = msgspec.msgpack.Decoder(Case).decode
