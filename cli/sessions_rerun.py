"""sessions rerun: a recorded comparison once more, as it was or with changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from cli.again import command_again
from cli.bench import MakeBenches, machine_benches, measure
from cli.compare import machine_bench, report, screens_for
from cli.contenders import read_contenders
from cli.history import open_history
from cli.running import MakeBench, run_plan
from cli.sessions_rerun_options import ChangeOptions
from cli.usage import WrongUsage
from engine.contract import Contender, ModelFile, Plan, Runtime, Sampling, Session
from engine.errors import PlanError
from engine.limits import check_plan_limits
from engine.naming import unique_names
from engine.speed import SpeedPlan
from engine.speed_recording import speed_plan
from models.describe import describe

_PLAN_KEYS: Final = ("repeats", "together", "warm_up")
_KEYS: Final = (*Sampling.__struct_fields__, *Runtime.__struct_fields__, *_PLAN_KEYS)

S = TypeVar("S", bound=msgspec.Struct)


def rerun(
    session_id: str,
    changes: ChangeOptions,
    *,
    make_bench: MakeBench = machine_bench,
    make_benches: MakeBenches = machine_benches,
    describe_model: Callable[[Path], ModelFile] = describe,
) -> int:
    """A session of its own; the exit code is that of `compare` or `bench`."""
    with open_history() as history:
        session = history.session(session_id)
        if session.kind in {"suite", "fidelity"}:
            raise WrongUsage(
                f"Session {session.id} is no comparison or speed run. To run it again:"
                f" {command_again(session)}"
            )
        if session.kind == "bench":
            speeds = speeds_again(session, changes, describe_model)
            return measure(speeds, "json" if changes.as_json else "md", make_benches=make_benches)
        plan = changed_plan(session, changes, describe_model)
        screens = screens_for(as_json=changes.as_json)
        outcome = run_plan(
            plan, make_bench=make_bench, recorder=history.recorder(), screens=screens
        )
        return report(outcome, screens, history, as_json=changes.as_json)


def speeds_again(
    session: Session, changes: ChangeOptions, describe_model: Callable[[Path], ModelFile]
) -> SpeedPlan:
    """Raises WrongUsage as `changed_plan` does, and where nobody knows what was to be measured."""
    before = speed_plan(session)
    if not before.tests:
        raise WrongUsage(
            f"Session {session.id} does not tell what was to be measured. Run bench anew."
        )
    plan = changed_plan(session, changes, describe_model)
    return msgspec.structs.replace(
        before, contenders=plan.contenders, repetitions=plan.repeats, warm_up=plan.warm_up
    )


def changed_plan(
    session: Session, changes: ChangeOptions, describe_model: Callable[[Path], ModelFile]
) -> Plan:
    """Raises WrongUsage for a contender, key or value that there is not."""
    contenders = _contenders(session, changes, describe_model)
    if not contenders:
        raise WrongUsage("No contender is left to run. Leave out fewer, or --add one.")
    plan = msgspec.structs.replace(session.plan(), contenders=contenders)
    if changes.title is not None:
        plan = msgspec.structs.replace(plan, title=changes.title)
    for setting in changes.settings:
        plan = _with_setting(plan, setting)
    if changes.settings:
        _refuse_impossible(plan)
    return plan


def _refuse_impossible(plan: Plan) -> None:
    """Before a worker is started; the engine says the same where the run begins."""
    try:
        check_plan_limits(plan)
    except PlanError as error:
        raise WrongUsage(str(error)) from error


def _contenders(
    session: Session, changes: ChangeOptions, describe_model: Callable[[Path], ModelFile]
) -> tuple[Contender, ...]:
    found = {each.name: each for each in session.contenders}
    for swap in changes.swap:
        name = _named(found, swap)
        (other,) = read_contenders([Path(swap[len(name) + 1 :])], Runtime(), describe_model)
        found[name] = msgspec.structs.replace(found[name], name=other.name, model=other.model)
    for name in changes.without:
        if name not in found:
            raise _no_such(name, found)
        del found[name]
    kept = list(found.values())
    if changes.add:
        kept += read_contenders(changes.add, Runtime(), describe_model)
    if not changes.swap and not changes.add:
        return tuple(kept)
    names = unique_names([each.model for each in kept])
    return tuple(
        each if [one.name for one in kept].count(each.name) == 1 else _renamed(each, name)
        for each, name in zip(kept, names, strict=True)
    )


def _renamed(contender: Contender, name: str) -> Contender:
    return msgspec.structs.replace(contender, name=name)


def _named(found: dict[str, Contender], swap: str) -> str:
    """The contender whose name the text begins with, before an equals sign."""
    for name in found:
        if swap.startswith(f"{name}=") and len(swap) > len(name) + 1:
            return name
    raise _no_such(swap.partition("=")[0], found)


def _no_such(name: str, found: dict[str, Contender]) -> WrongUsage:
    there = ", ".join(f"“{each}”" for each in found)
    return WrongUsage(f"The session has no contender “{name}”. It has {there}.")


def _with_setting(plan: Plan, setting: str) -> Plan:
    key, equals, text = setting.partition("=")
    if not equals or key not in _KEYS:
        raise WrongUsage(
            f"--set takes KEY=VALUE with one of these keys, not “{setting}”: {', '.join(_KEYS)}."
        )
    if key in _PLAN_KEYS:
        return _set(plan, key, text)
    if key in Sampling.__struct_fields__:
        own = tuple(
            each
            if each.sampling is None
            else msgspec.structs.replace(each, sampling=_set(each.sampling, key, text))
            for each in plan.contenders
        )
        return msgspec.structs.replace(
            plan, sampling=_set(plan.sampling, key, text), contenders=own
        )
    loaded = tuple(
        msgspec.structs.replace(each, runtime=_set(each.runtime, key, text))
        for each in plan.contenders
    )
    return msgspec.structs.replace(plan, contenders=loaded)


def _set(struct: S, key: str, text: str) -> S:
    """With the field changed: JSON is taken as such, all else as a word."""
    kind: Any = next(each.type for each in msgspec.structs.fields(struct) if each.name == key)
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        value = text
    try:
        return msgspec.structs.replace(struct, **{key: msgspec.convert(value, kind)})
    except msgspec.ValidationError as error:
        raise WrongUsage(f"“{text}” does not fit {key}: {error}.") from error
