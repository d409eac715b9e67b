"""Leaves out of a session what is not meant for others.

A host's name is never recorded, so there is none to leave out, but for the addresses of other machines.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

import msgspec

from engine.contract import (
    Case,
    CaseScore,
    CheckResult,
    Contender,
    Environment,
    FidelityDocument,
    FidelityTask,
    Measured,
    Message,
    PromptsSource,
    Reply,
    Session,
    SuiteTerms,
    TextFileSource,
)

LEFT_OUT: Final = "(left out)"
_Secrets = tuple[tuple[str, str], ...]
_SEPARATOR: Final = re.compile(r"[/\\:]")


class Omit(msgspec.Struct, frozen=True, kw_only=True):
    """paths: folders of files on this machine, addresses of other machines, and the worker's log.

    notes: also the reasons that a person gave for overruling a check.
    """

    system_prompts: bool = False
    paths: bool = False
    notes: bool = False


NOTHING: Final = Omit()


def without(session: Session, omit: Omit) -> Session:
    """The session as it may be handed over."""
    if omit.notes:
        session = _without_notes(session)
    if omit.system_prompts:
        session = _without_system_prompts(session)
    return _without_paths(session) if omit.paths else session


def _without_notes(session: Session) -> Session:
    def less(check: CheckResult) -> CheckResult:
        return msgspec.structs.replace(
            check,
            overruled=None if check.overruled is None else LEFT_OUT,
            parts=tuple(map(less, check.parts)),
        )

    scores = tuple(
        msgspec.structs.replace(score, checks=tuple(map(less, score.checks)))
        for score in session.scores
    )
    return msgspec.structs.replace(session, notes="", scores=scores)


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
    cases = tuple(
        msgspec.structs.replace(clean(case, Case), messages=case.messages) for case in session.cases
    )
    return msgspec.structs.replace(
        session,
        environment=clean(session.environment, Environment),
        contenders=clean(session.contenders, tuple[Contender, ...]),
        cases=cases,
        replies=replies,
        suite=clean(session.suite, SuiteTerms | None),
        scores=tuple(_cleaned_score(score, secrets) for score in session.scores),
        fidelity_task=clean(session.fidelity_task, FidelityTask | None),
        fidelity=_cleaned_fidelity(session.fidelity, secrets),
        speeds=clean(session.speeds, tuple[Measured, ...]),
    )


def _cleaned_score(score: CaseScore, secrets: _Secrets) -> CaseScore:
    """Its reasons; what was found in a reply stays, as the reply does."""

    def checked(check: CheckResult) -> CheckResult:
        return msgspec.structs.replace(
            check,
            label=_replaced(check.label, secrets),
            reason=_replaced(check.reason, secrets),
            overruled=_replaced(check.overruled, secrets),
            parts=tuple(map(checked, check.parts)),
        )

    return msgspec.structs.replace(
        score, reason=_replaced(score.reason, secrets), checks=tuple(map(checked, score.checks))
    )


def _cleaned_fidelity(
    document: FidelityDocument | None, secrets: _Secrets
) -> FidelityDocument | None:
    """The text's name and why it stopped; prompts and replies stay."""
    if document is None:
        return None
    text = msgspec.structs.replace(
        document.text, name=_name(_replaced(document.text.name, secrets))
    )
    return msgspec.structs.replace(
        document,
        text=text,
        stopped=_replaced(document.stopped, secrets),
        left_out=tuple(
            msgspec.structs.replace(each, reason=_replaced(each.reason, secrets))
            for each in document.left_out
        ),
    )


def _secrets(session: Session) -> _Secrets:
    """What to put for what, the longest first, so that no part of a path stays behind."""
    found = {str(Path.home()): "~"}
    files = [remark.file for remark in session.suite.not_supported] if session.suite else []
    files += [session.fidelity.text.name] if session.fidelity else []
    source = session.fidelity_task.source if session.fidelity_task else None
    files += [source.path] if isinstance(source, TextFileSource | PromptsSource) else []
    for path in files:
        found[path] = _name(path)
        found[path.removesuffix(_name(path))] = ""
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


def _replaced(value: Any, secrets: _Secrets) -> Any:
    if isinstance(value, str):
        for old, new in secrets:
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {key: _replaced(part, secrets) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(part, secrets) for part in value]
    return value
