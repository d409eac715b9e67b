"""sessions rerun of a fidelity run: the same text, prompts or replies, as it was or with changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from cli.again import command_again
from cli.sessions_changes import changed_contenders, key_and_value, with_field, with_runtime
from cli.sessions_rerun_options import ChangeOptions
from cli.usage import WrongUsage
from engine.contract import (
    FidelityTask,
    ModelFile,
    PromptsSource,
    RepliesSource,
    Runtime,
    Session,
)
from engine.errors import PlanError
from engine.fidelity_again import fidelity_plan
from engine.fidelity_plan import FidelityPlan, RepliesPlan
from engine.limits import MOST_TOKENS, check_contenders, check_number

_EXACTNESS: Final = ("until", "noise_floor")
_OF_CHUNKS: Final = ("n_ctx", "max_chunks")


def fidelity_again(
    session: Session,
    changes: ChangeOptions,
    describe_model: Callable[[Path], ModelFile],
    read_session: Callable[[str], Session],
) -> FidelityPlan | RepliesPlan:
    """Raises WrongUsage for a change that there is not, PlanError where what it read is not as it was."""
    if session.fidelity_task is None:
        raise WrongUsage(
            f"Session {session.id} does not tell all that was asked. To measure it anew:"
            f" {command_again(session)}"
        )
    contenders = changed_contenders(session, changes, describe_model)
    if len(contenders) < 2:
        raise WrongUsage(
            "A reference and at least one candidate have to be left. Leave out fewer, or --add one."
        )
    changed = msgspec.structs.replace(session, contenders=contenders)
    for setting in changes.settings:
        changed = _with_setting(changed, session.fidelity_task, setting)
    if changes.settings:
        _refuse_impossible(changed)
    plan = fidelity_plan(changed, read_session)
    return plan if changes.title is None else msgspec.structs.replace(plan, title=changes.title)


def _with_setting(session: Session, before: FidelityTask, setting: str) -> Session:
    """What has no effect on what was measured is no key."""
    on_text = not isinstance(before.source, PromptsSource | RepliesSource)
    asked = (*_EXACTNESS, *(_OF_CHUNKS if on_text else ()))
    answered = ("max_tokens",) if isinstance(before.source, PromptsSource) else ()
    keys = tuple(dict.fromkeys((*asked, *answered, *Runtime.__struct_fields__)))
    key, text = key_and_value(setting, keys)
    if key in asked:
        assert session.fidelity_task is not None
        task = with_field(session.fidelity_task, key, text)
        session = msgspec.structs.replace(session, fidelity_task=task)
    if key in answered:
        sampling = with_field(session.sampling, key, text)
        session = msgspec.structs.replace(session, sampling=sampling)
    if key in Runtime.__struct_fields__:
        contenders = with_runtime(session.contenders, key, text)
        session = msgspec.structs.replace(session, contenders=contenders)
    return session


def _refuse_impossible(session: Session) -> None:
    """Before a worker is started; the engine says the same where the run begins."""
    task = session.fidelity_task
    assert task is not None
    try:
        check_contenders(session.contenders)
        check_number("max_tokens", session.sampling.max_tokens, 1, MOST_TOKENS)
        if task.max_chunks is not None:
            check_number("max_chunks", task.max_chunks, 1, MOST_TOKENS)
        if task.until is not None:
            check_number("until", task.until, 0, 1)
    except PlanError as error:
        raise WrongUsage(str(error)) from error
