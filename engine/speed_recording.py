"""A speed run in the history while it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from engine.contract import (
    Contender,
    Environment,
    Findings,
    Measured,
    Plan,
    Recorder,
    Session,
    SessionStatus,
)
from engine.recording import Record
from engine.speed import NotMeasured, SpeedEvent, SpeedPlan

_MOST_NAMED: Final = 3


def recorded_speeds(
    events: Iterable[SpeedEvent],
    plan: SpeedPlan,
    environment: Callable[[], Environment],
    recorder: Recorder | None,
    resume: Session | None = None,
) -> Iterator[SpeedEvent]:
    """The same events with Began before them; each speed is committed before its event is given.

    resume: the session that the plan is the rest of; its speeds stay.
    Where the history fails, one NotRecorded says so and the measurement goes on.
    """
    record = Record(recorder)
    waiting = {
        (each.name, test.name) for each in plan.contenders for test in plan.tests_of(each.name)
    }
    measured: list[Measured] = [] if resume is None else list(resume.speeds)
    status: SessionStatus = "stopped"
    try:
        yield from record.begin(session_plan(plan), environment(), resume)
        for event in events:
            if isinstance(event, Measured):
                measured.append(event)
                yield from record.keep_findings(Findings(speeds=tuple(measured)))
                waiting.discard((event.contender, event.test.name))
            elif isinstance(event, NotMeasured):
                waiting -= {
                    (name, test)
                    for name, test in waiting
                    if name == event.contender and (event.test is None or test == event.test.name)
                }
            yield event
        if not waiting:
            status = "finished"
    finally:
        trouble = record.end(status)
    yield from trouble


def session_plan(plan: SpeedPlan) -> Plan:
    """As the history knows a run: contenders without cases, repeats, a title that says what was measured."""
    return Plan(
        contenders=plan.contenders,
        cases=(),
        repeats=plan.repetitions,
        warm_up=plan.warm_up,
        tests=plan.tests,
        title=plan.title
        or f"{_few([test.name for test in plan.tests])} of {_models(plan.contenders)}",
    )


def speed_plan(session: Session) -> SpeedPlan:
    """The run that a session recorded, to run it again; of an older one, the tests that were measured."""
    return SpeedPlan(
        contenders=session.contenders,
        tests=session.tests or tuple(dict.fromkeys(each.test for each in session.speeds)),
        repetitions=session.repeats,
        warm_up=session.warm_up,
    )


def rest_of(session: Session) -> SpeedPlan:
    """What its run has not measured yet."""
    known = frozenset((each.contender, each.test.name) for each in session.speeds)
    return msgspec.structs.replace(speed_plan(session), known=known)


def _models(contenders: Sequence[Contender]) -> str:
    """Their names; of a model in several settings its file's, since those names only count."""
    files = list(dict.fromkeys(each.model.file for each in contenders))
    if len(files) == len(contenders):
        return _few([each.name for each in contenders])
    return f"{_few(files)} in {len(contenders) // len(files)} settings"


def _few(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
