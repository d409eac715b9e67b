"""Measurements in the history: what is kept when, and what a history that fails does not spoil."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from engine.contract import (
    Began,
    Contender,
    Environment,
    Findings,
    Measured,
    NotRecorded,
    Plan,
    Session,
    SpeedTest,
)
from engine.machine import describe_environment
from engine.speed import Measuring, NotMeasured, SpeedEvent, SpeedPlan
from engine.speed_recording import recorded_speeds, rest_of, session_plan, speed_plan
from tests.engine.fakes import MemoryRecorder, contender
from tests.resolved import RESOLVED

PP, TG = SpeedTest(n_prompt=512), SpeedTest(n_gen=128)
BOTH = SpeedPlan(contenders=(contender("A"), contender("B")), tests=(PP, TG), repetitions=3)


def environment() -> Environment:
    return describe_environment((), None)


def measured(name: str, test: SpeedTest) -> Measured:
    return Measured(
        contender=name,
        runtime=RESOLVED,
        test=test,
        measured_at=datetime(2026, 1, 2, tzinfo=UTC),
        samples_ns=(1, 2, 3),
    )


def refused(name: str, test: SpeedTest | None) -> NotMeasured:
    return NotMeasured(contender=name, test=test, reason="It does not fit.")


ALL = [
    measured("A", PP),
    measured("A", TG),
    measured("B", PP),
    measured("B", TG),
]


def run(
    events: Sequence[SpeedEvent], recorder: MemoryRecorder | None, plan: SpeedPlan = BOTH
) -> list[SpeedEvent]:
    return list(recorded_speeds(events, plan, environment, recorder))


def test_each_speed_is_kept_before_its_event_is_given() -> None:
    recorder = MemoryRecorder()
    events = recorded_speeds(ALL, BOTH, environment, recorder)
    assert next(events) == Began(session="session-1")
    for number, event in enumerate(ALL, 1):
        assert next(events) is event
        assert recorder.calls[-1] == ("keep", Findings(speeds=tuple(ALL[:number])))
    assert list(events) == []
    assert recorder.calls[-1] == ("end", "finished")


def test_what_is_recorded_is_the_plan_with_a_readable_title() -> None:
    recorder = MemoryRecorder()
    run(ALL, recorder)
    name, plan = recorder.calls[0]
    assert name == "begin"
    assert isinstance(plan, Plan)
    assert (plan.title, plan.repeats, plan.cases) == ("pp512, tg128 of A, B", 3, ())
    assert plan.tests == BOTH.tests


def session_with(*speeds: Measured, tests: tuple[SpeedTest, ...] = BOTH.tests) -> Session:
    return Session(
        id="session-1",
        title="pp512, tg128 of A, B",
        created=datetime(2026, 11, 24, tzinfo=UTC),
        kind="bench",
        environment=environment(),
        repeats=BOTH.repetitions,
        contenders=BOTH.contenders,
        cases=(),
        tests=tests,
        speeds=speeds,
    )


def test_a_recorded_run_gives_its_plan_back() -> None:
    assert speed_plan(session_with()) == BOTH
    assert speed_plan(session_with(*speeds_of(ALL), tests=())) == BOTH


def test_a_resumed_run_keeps_what_there_was_and_is_finished_by_the_rest() -> None:
    earlier = session_with(*speeds_of(ALL[:3]))
    plan = rest_of(earlier)
    assert [plan.tests_of(name) for name in ("A", "B")] == [(), (TG,)]
    recorder = MemoryRecorder()
    list(recorded_speeds(ALL[3:], plan, environment, recorder, earlier))
    assert recorder.calls == [
        ("resume", "session-1"),
        ("keep", Findings(speeds=tuple(speeds_of(ALL)))),
        ("end", "finished"),
    ]


def speeds_of(events: Sequence[SpeedEvent]) -> list[Measured]:
    return [event for event in events if isinstance(event, Measured)]


def test_a_run_that_ends_early_is_recorded_as_stopped() -> None:
    recorder = MemoryRecorder()
    run(ALL[:3], recorder)
    assert recorder.calls[-1] == ("end", "stopped")


def test_a_run_whose_reader_leaves_is_recorded_as_stopped() -> None:
    recorder = MemoryRecorder()
    events = recorded_speeds(ALL, BOTH, environment, recorder)
    next(events)
    assert isinstance(events, Iterator)
    events.close()  # type: ignore[attr-defined]  # it is a generator
    assert recorder.calls[-1] == ("end", "stopped")


@pytest.mark.parametrize(
    "last", [[measured("B", PP), refused("B", TG)], [refused("B", None)]], ids=["a test", "a model"]
)
def test_what_could_not_be_measured_is_no_reason_to_call_a_run_stopped(
    last: list[SpeedEvent],
) -> None:
    recorder = MemoryRecorder()
    run([*ALL[:2], *last], recorder)
    assert recorder.calls[-1] == ("end", "finished")


@pytest.mark.parametrize("fails_at", ["begin", "keep", "end"])
def test_a_history_that_fails_is_told_once_and_the_measurement_goes_on(fails_at: str) -> None:
    events = run(ALL, MemoryRecorder(fails_at))
    assert [event for event in events if isinstance(event, Measured)] == ALL
    assert [event for event in events if isinstance(event, NotRecorded)] == [
        NotRecorded(reason="The disk is full.")
    ]


def test_without_a_history_the_same_events_come() -> None:
    under_way = Measuring(contender="A", test=PP, done=1)
    assert run([under_way, *ALL], None) == [Began(session=None), under_way, *ALL]


@pytest.mark.parametrize(
    ("contenders", "title"),
    [
        ((contender("A"),), "pp512, tg128 of A"),
        (tuple(contender(name) for name in "ABCDE"), "pp512, tg128 of A, B, C and 2 more"),
        (
            (contender("A", "A (1 of 2)"), contender("A", "A (2 of 2)", threads=2)),
            "pp512, tg128 of A.gguf in 2 settings",
        ),
    ],
)
def test_the_title_names_models_and_not_their_every_setting(
    contenders: tuple[Contender, ...], title: str
) -> None:
    assert session_plan(SpeedPlan(contenders=contenders, tests=(PP, TG))).title == title
