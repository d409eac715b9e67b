"""Fidelity runs in the history: what is kept, and how a run is said to have ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.client import Stopped
from engine.contract import (
    Began,
    Estimate,
    Event,
    FidelityDocument,
    FidelityReference,
    FidelityText,
    Findings,
    Loading,
    NotRecorded,
    Plan,
)
from engine.fidelity import BY_USER, FidelityDone, FidelityEvent, FidelityPlan, RepliesPlan
from engine.fidelity_recording import recorded_fidelity
from engine.machine import describe_environment
from tests.engine.fakes import MemoryRecorder, case, contender

ON_TEXT = FidelityPlan(
    reference=contender("A"),
    candidates=(contender("B"), contender("C")),
    text="A text.",
    text_name="text.txt",
)
LOADING = Loading(contender="A", fraction=0.5)


def document(stopped: str | None = None) -> FidelityDocument:
    return FidelityDocument(
        scored="text",
        n_ctx=512,
        chunks=1,
        scored_tokens=255,
        text=FidelityText(name="text.txt", sha256="0" * 64, size_bytes=7),
        reference=FidelityReference(
            name="A", ppl=Estimate(value=9.0, plus_minus=1.0, clustered_plus_minus=None)
        ),
        candidates=(),
        stopped=stopped,
    )


def run(
    events: Iterator[FidelityEvent],
    recorder: MemoryRecorder | None,
    plan: FidelityPlan | RepliesPlan = ON_TEXT,
) -> list[FidelityEvent | Event]:
    return list(recorded_fidelity(events, plan, lambda: describe_environment((), None), recorder))


@pytest.mark.parametrize(
    ("stopped", "status"),
    [
        (None, "finished"),
        ("every mean KLD is known to ± 0.01", "finished"),
        (BY_USER, "stopped"),
    ],
)
def test_what_was_found_is_kept_and_only_the_user_stops_a_run(
    stopped: str | None, status: str
) -> None:
    recorder = MemoryRecorder()
    done = FidelityDone(document=document(stopped))
    assert run(iter([LOADING, done]), recorder) == [Began(session="session-1"), LOADING, done]
    assert recorder.calls[1:] == [
        ("keep", Findings(fidelity=done.document)),
        ("end", status),
    ]


def test_a_run_that_fails_is_recorded_as_stopped_and_fails() -> None:
    def events() -> Iterator[FidelityEvent]:
        yield LOADING
        raise Stopped

    recorder = MemoryRecorder()
    with pytest.raises(Stopped):
        run(events(), recorder)
    assert recorder.calls[-1] == ("end", "stopped")


@pytest.mark.parametrize("fails_at", ["begin", "keep", "end"])
def test_a_history_that_fails_is_told_once_and_the_measurement_goes_on(fails_at: str) -> None:
    done = FidelityDone(document=document())
    events = run(iter([done]), MemoryRecorder(fails_at))
    assert done in events
    assert [event for event in events if isinstance(event, NotRecorded)] == [
        NotRecorded(reason="The disk is full.")
    ]


def test_the_reference_comes_first_and_prompts_are_the_sessions_cases() -> None:
    asked = RepliesPlan(
        reference=contender("A"),
        candidates=(contender("B"),),
        cases=(case("1"), case("2")),
        name="prompts.txt",
        max_tokens=77,
    )
    recorder = MemoryRecorder()
    run(iter([]), recorder, asked)
    name, plan = recorder.calls[0]
    assert name == "begin"
    assert isinstance(plan, Plan)
    assert plan.contenders == (asked.reference, *asked.candidates)
    assert plan.cases == asked.cases
    assert plan.sampling.max_tokens == 77
    assert plan.title == "Fidelity on prompts.txt: B to A"
