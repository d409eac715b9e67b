"""A recorded fidelity run for the next one: its settings, and whether its file is still as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.contract import (
    BundledSource,
    FidelitySource,
    PastedSource,
    PromptsSource,
    RepliesSource,
    Session,
    TextFileSource,
)
from engine.errors import PlanError
from engine.quality.bundled import bundled_texts
from gui.collaborators import Collaborators, FidelityBench, History
from gui.quality.fidelity_work import FidelitySettings
from gui.quality.texts import (
    Bundled,
    PastedText,
    PromptsFile,
    RecordedReplies,
    Source,
    TextFile,
)

if TYPE_CHECKING:  # the engine's fidelity brings numpy, which a start must not wait for
    from engine.fidelity import FidelityPlan, RepliesPlan


def settings_of(session: Session, before: FidelitySettings) -> FidelitySettings | None:
    """Those of a recorded run, and where it has none those from before; None where it tells nothing."""
    task = session.fidelity_task
    source = None if task is None else _source(task.source, task.name)
    if task is None or source is None:
        return None
    settings = msgspec.structs.replace(
        before, source=source, until=task.until, noise_floor=task.noise_floor
    )
    if task.n_ctx is None:
        return msgspec.structs.replace(settings, max_tokens=session.sampling.max_tokens)
    return msgspec.structs.replace(settings, n_ctx=task.n_ctx, max_chunks=task.max_chunks)


def prepare_again(
    given: Collaborators, history: History, session: Session
) -> tuple[FidelityBench, FidelityPlan | RepliesPlan]:
    """The run that a session recorded, once more; raises SteelyardError."""
    from engine.fidelity_again import fidelity_plan

    return given.make_fidelity_bench(), fidelity_plan(session, history.session)


def what_became_of_its_file(session: Session) -> str:
    """Why another text or other prompts would be read today, in a sentence; empty where the same are."""
    from engine.fidelity_again import source_file

    source = None if session.fidelity_task is None else session.fidelity_task.source
    if not isinstance(source, TextFileSource | PromptsSource):
        return ""
    try:
        now = source_file(TextFileSource, Path(source.path))
    except PlanError as fault:
        return str(fault)
    if now.sha256 == source.sha256:
        return ""
    return f"{source.path} has changed since that run: it is measured on as it is now."


def _source(source: FidelitySource, name: str) -> Source | None:
    """None for a bundled text that this version does not have."""
    match source:
        case BundledSource(name=bundled):
            known = any(each.name == bundled for each in bundled_texts())
            return Bundled(bundled) if known else None
        case TextFileSource(path=path):
            return TextFile(path)
        case PastedSource():
            return PastedText()
        case PromptsSource(path=path):
            return PromptsFile(path)
        case RepliesSource(session=session):
            return RecordedReplies(session, name)
