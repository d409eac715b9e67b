"""sessions rerun: a recorded comparison once more, as it was or with changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from cli.again import command_again
from cli.bench import MakeBenches, machine_benches, measure
from cli.compare import machine_bench, report, screens_for
from cli.fidelity import Bench as FidelityBench
from cli.fidelity import machine_bench as fidelity_bench
from cli.fidelity import machine_environment, measure_fidelity
from cli.history import open_history
from cli.running import MakeBench, run_plan
from cli.sessions_changes import (
    changed_contenders,
    key_and_value,
    with_field,
    with_runtime,
)
from cli.sessions_rerun_fidelity import fidelity_again
from cli.sessions_rerun_options import ChangeOptions
from cli.usage import WrongUsage
from engine.contract import Environment, ModelFile, Plan, Runtime, Sampling, Session
from engine.errors import PlanError
from engine.limits import check_plan_limits
from engine.speed import SpeedPlan
from engine.speed_recording import speed_plan
from models.describe import describe

_PLAN_KEYS: Final = ("repeats", "together", "warm_up")
_KEYS: Final = (*Sampling.__struct_fields__, *Runtime.__struct_fields__, *_PLAN_KEYS)


def rerun(
    session_id: str,
    changes: ChangeOptions,
    *,
    make_bench: MakeBench = machine_bench,
    make_benches: MakeBenches = machine_benches,
    make_fidelity_bench: Callable[[], FidelityBench] = fidelity_bench,
    read_environment: Callable[[], Environment] = machine_environment,
    describe_model: Callable[[Path], ModelFile] = describe,
) -> int:
    """A session of its own; the exit code is that of `compare`, `bench` or `fidelity`."""
    with open_history() as history:
        session = history.session(session_id)
        if session.kind == "suite":
            raise WrongUsage(
                f"Session {session.id} is of a suite. To run it again: {command_again(session)}"
            )
        if session.kind == "fidelity":
            return measure_fidelity(
                fidelity_again(session, changes, describe_model, history.session),
                as_json=changes.as_json,
                make_bench=make_fidelity_bench,
                read_environment=read_environment,
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
        before,
        contenders=plan.contenders,
        repetitions=plan.repeats,
        warm_up=plan.warm_up,
        title=changes.title,
    )


def changed_plan(
    session: Session, changes: ChangeOptions, describe_model: Callable[[Path], ModelFile]
) -> Plan:
    """Raises WrongUsage for a contender, key or value that there is not."""
    contenders = changed_contenders(session, changes, describe_model)
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


def _with_setting(plan: Plan, setting: str) -> Plan:
    key, text = key_and_value(setting, _KEYS)
    if key in _PLAN_KEYS:
        return with_field(plan, key, text)
    if key in Sampling.__struct_fields__:
        own = tuple(
            each
            if each.sampling is None
            else msgspec.structs.replace(each, sampling=with_field(each.sampling, key, text))
            for each in plan.contenders
        )
        return msgspec.structs.replace(
            plan, sampling=with_field(plan.sampling, key, text), contenders=own
        )
    return msgspec.structs.replace(plan, contenders=with_runtime(plan.contenders, key, text))
