"""Leaves out of a session what is not meant for others."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

import msgspec

from engine.contract import Contender, Environment, Message, Reply, Session

LEFT_OUT: Final = "(left out)"
_SEPARATOR: Final = re.compile(r"[/\\:]")


class Omit(msgspec.Struct, frozen=True, kw_only=True):
    """paths: folders of files on this machine, addresses of other machines, and the worker's log."""

    system_prompts: bool = False
    paths: bool = False
    notes: bool = False


NOTHING: Final = Omit()


def without(session: Session, omit: Omit) -> Session:
    """The session as it may be handed over."""
    if omit.notes:
        session = msgspec.structs.replace(session, notes="")
    if omit.system_prompts:
        session = _without_system_prompts(session)
    return _without_paths(session) if omit.paths else session


def _without_system_prompts(session: Session) -> Session:
    def less(message: Message) -> Message:
        hidden = message.role == "system"
        return msgspec.structs.replace(message, content=LEFT_OUT) if hidden else message

    cases = tuple(
        msgspec.structs.replace(case, messages=tuple(less(message) for message in case.messages))
        for case in session.cases
    )
    return msgspec.structs.replace(session, cases=cases)


def _without_paths(session: Session) -> Session:
    """What was asked and answered stays; all else is searched for the paths and addresses in use."""
    secrets = _secrets(session)

    def clean(part: Any, kind: Any) -> Any:
        return msgspec.convert(_replaced(msgspec.to_builtins(part), secrets), type=kind)

    replies = tuple(
        msgspec.structs.replace(
            clean(msgspec.structs.replace(reply, log=(), logprobs=()), Reply),
            text=reply.text,
            reasoning=reply.reasoning,
            logprobs=reply.logprobs,
        )
        for reply in session.replies
    )
    return msgspec.structs.replace(
        session,
        environment=clean(session.environment, Environment),
        contenders=clean(session.contenders, tuple[Contender, ...]),
        replies=replies,
    )


def _secrets(session: Session) -> tuple[tuple[str, str], ...]:
    """What to put for what, the longest first, so that no part of a path stays behind."""
    found = {str(Path.home()): "~"}
    for contender in session.contenders:
        for path in (contender.model.path, *(lora.path for lora in contender.runtime.loras)):
            found[path] = _name(path)
            found[path.removesuffix(_name(path))] = ""
        for server in contender.runtime.rpc_servers:
            found[server] = LEFT_OUT
    # Without a separator it tells no place, and might stand in any word.
    telling = ((old, new) for old, new in found.items() if len(old) > 1 and _SEPARATOR.search(old))
    return tuple(sorted(telling, key=lambda pair: -len(pair[0])))


def _name(path: str) -> str:
    pure = PureWindowsPath(path) if "\\" in path else PurePosixPath(path)
    return pure.name


def _replaced(value: Any, secrets: tuple[tuple[str, str], ...]) -> Any:
    if isinstance(value, str):
        for old, new in secrets:
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {key: _replaced(part, secrets) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(part, secrets) for part in value]
    return value
