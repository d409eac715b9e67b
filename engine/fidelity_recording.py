"""A fidelity run in the history while it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.contract import (
    Environment,
    Event,
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
    read = plan.text_name if isinstance(plan, FidelityPlan) else plan.name
    candidates = ", ".join(each.name for each in plan.candidates)
    # What tells runs apart first: names of models are long, and a list cuts what does not fit.
    title = f"Fidelity on {read}: {candidates} to {plan.reference.name}"
    contenders = (plan.reference, *plan.candidates)
    if isinstance(plan, FidelityPlan):
        return Plan(contenders=contenders, cases=(), title=title)
    return Plan(
        contenders=contenders,
        cases=plan.cases,
        sampling=Sampling(max_tokens=plan.max_tokens),
        title=title,
    )
