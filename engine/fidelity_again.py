"""A recorded fidelity run once more: the same text, or the same prompts or replies."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.contract import (
    BundledSource,
    FidelityTask,
    PastedSource,
    PromptsSource,
    RepliesSource,
    Session,
    TextFileSource,
)
from engine.errors import PlanError, StorageError
from engine.fidelity_plan import DEFAULT_N_CTX, FidelityPlan, GivenReply, RepliesPlan
from engine.quality.bundled import bundled_text, read_bundled
from engine.recorded_replies import recorded_replies

_FileSource = TypeVar("_FileSource", TextFileSource, PromptsSource)


def source_file(kind: type[_FileSource], path: Path) -> _FileSource:
    """The file as it is now. Raises PlanError."""
    raw = _read(path)
    digest = hashlib.sha256(raw).hexdigest()
    return kind(path=str(path.absolute()), sha256=digest, size_bytes=len(raw))


def fidelity_plan(
    session: Session, read_session: Callable[[str], Session]
) -> FidelityPlan | RepliesPlan:
    """The run that a session recorded.

    Raises PlanError where the session does not tell, or what it read is not there as it was.
    """
    task = session.fidelity_task
    if task is None:
        raise PlanError(
            f"Session {session.id} does not tell what its models were compared on. Measure anew."
        )
    if isinstance(task.source, PromptsSource | RepliesSource):
        return _on_replies(session, task, task.source, read_session)
    reference, *candidates = session.contenders
    return FidelityPlan(
        reference=reference,
        candidates=tuple(candidates),
        text=_text(session, task.source),
        text_name=task.name,
        n_ctx=task.n_ctx or DEFAULT_N_CTX,
        max_chunks=task.max_chunks,
        until=task.until,
        noise_floor=task.noise_floor,
        source=task.source,
    )


def _on_replies(
    session: Session,
    task: FidelityTask,
    source: PromptsSource | RepliesSource,
    read_session: Callable[[str], Session],
) -> RepliesPlan:
    """Prompts are those that the session holds, so that their file may have changed."""
    reference, *candidates = session.contenders
    replies: dict[str, GivenReply] = {}
    if isinstance(source, RepliesSource):
        _, known = recorded_replies(_answered(source, read_session), reference)
        missing = [case.id for case in session.cases if case.id not in known]
        if missing:
            raise PlanError(
                f"Session {source.session} has no reply to “{missing[0]}” any more, on which session "
                f"{session.id} was measured. Measure anew on the replies that it has."
            )
        replies = {case.id: known[case.id] for case in session.cases}
    return RepliesPlan(
        reference=reference,
        candidates=tuple(candidates),
        cases=session.cases,
        name=task.name,
        replies=replies,
        max_tokens=session.sampling.max_tokens,
        until=task.until,
        noise_floor=task.noise_floor,
        source=source,
    )


def _answered(source: RepliesSource, read_session: Callable[[str], Session]) -> Session:
    try:
        return read_session(source.session)
    except StorageError as error:
        raise PlanError(
            f"The replies of session {source.session} cannot be measured again: {error} "
            "Measure on another session's replies or on a text."
        ) from error


def _text(session: Session, source: BundledSource | TextFileSource | PastedSource) -> str:
    match source:
        case BundledSource(name=name):
            return read_bundled(bundled_text(name))
        case TextFileSource():
            return _unchanged_text(source)
        case PastedSource():
            raise PlanError(
                f"The text of session {session.id} was pasted, and a pasted text is not kept. "
                "Measure anew, with the text pasted again or in a file."
            )


def _unchanged_text(source: TextFileSource) -> str:
    raw = _read(Path(source.path))
    if hashlib.sha256(raw).hexdigest() != source.sha256:
        raise PlanError(
            f"{source.path} is no longer the text that was measured: its SHA-256 is another. "
            "Put that text back, or measure anew on the text as it is now."
        )
    return io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig").read()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlanError(
            f"{path} cannot be read: {error.strerror}. Put the file back, or measure on another one."
        ) from error
