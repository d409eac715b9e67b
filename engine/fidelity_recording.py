"""A fidelity run in the history while it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from engine.contract import (
    Environment,
    Event,
    FidelityTask,
    Findings,
    Plan,
    Recorder,
    Sampling,
    SessionStatus,
)
from engine.fidelity import BY_USER, FidelityDone, FidelityEvent, FidelityPlan, RepliesPlan
from engine.recording import Record


def recorded_fidelity(
    events: Iterable[FidelityEvent],
    plan: FidelityPlan | RepliesPlan,
    environment: Callable[[], Environment],
    recorder: Recorder | None,
) -> Iterator[FidelityEvent | Event]:
    """The same events with Began before them; what was found is committed before it is given.

    Also what was found of a run that was stopped. Where the history fails, one NotRecorded says so and the
    measurement goes on.
    """
    record = Record(recorder)
    status: SessionStatus = "stopped"
    try:
        yield from record.begin(session_plan(plan), environment(), None)
        for event in events:
            if isinstance(event, FidelityDone):
                status = "stopped" if event.document.stopped == BY_USER else "finished"
                yield from record.keep_findings(Findings(fidelity=event.document))
            yield event
    finally:
        trouble = record.end(status)
    yield from trouble


def session_plan(plan: FidelityPlan | RepliesPlan) -> Plan:
    """As the history knows a run: the reference is the first contender; prompts are its cases."""
    known = Plan(
        contenders=(plan.reference, *plan.candidates),
        cases=(),
        fidelity_task=_task(plan),
        title=plan.title or _title(plan),
    )
    if isinstance(plan, FidelityPlan):
        return known
    return replace(known, cases=plan.cases, sampling=Sampling(max_tokens=plan.max_tokens))


def _task(plan: FidelityPlan | RepliesPlan) -> FidelityTask | None:
    if plan.source is None:
        return None
    task = FidelityTask(
        source=plan.source, name=_name(plan), until=plan.until, noise_floor=plan.noise_floor
    )
    if isinstance(plan, FidelityPlan):
        return replace(task, n_ctx=plan.n_ctx, max_chunks=plan.max_chunks)
    return task


def _title(plan: FidelityPlan | RepliesPlan) -> str:
    candidates = ", ".join(each.name for each in plan.candidates)
    # What tells runs apart first: names of models are long, and a list cuts what does not fit.
    return f"Fidelity on {_name(plan)}: {candidates} to {plan.reference.name}"


def _name(plan: FidelityPlan | RepliesPlan) -> str:
    return plan.text_name if isinstance(plan, FidelityPlan) else plan.name
