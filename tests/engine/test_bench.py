"""How a plan runs, against workers that hold no model."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from engine.bench import Bench
from engine.client import WorkerClient
from engine.contract import (
    Began,
    Environment,
    Event,
    Failed,
    Finished,
    Loaded,
    Loading,
    Notice,
    NotRecorded,
    Piece,
    Replied,
    Session,
    Started,
    Unloaded,
)
from engine.errors import PlanError
from tests.engine.fakes import MemoryRecorder, SmallFit, contender, plan, start_fake_worker


@pytest.fixture
def recorder() -> MemoryRecorder:
    return MemoryRecorder()


@pytest.fixture
def bench(recorder: MemoryRecorder) -> Iterator[Bench]:
    bench = Bench(fit=SmallFit(), recorder=recorder, start_worker=start_fake_worker)
    yield bench
    bench.close()


def of_type(events: list[Event], *types: type) -> list[str]:
    return [
        f"{type(event).__name__} {getattr(event, 'contender', '')}".strip()
        for event in events
        if isinstance(event, types)
    ]


def turns(events: list[Event]) -> list[tuple[str, str, int]]:
    return [(e.contender, e.case, e.repeat) for e in events if isinstance(e, Started)]


def test_a_reply_comes_with_its_pieces_and_ends_the_run_as_finished(bench: Bench) -> None:
    events = list(bench.run(plan(contender("answer"))))
    assert isinstance(events[0], Began)
    pieces = "".join(event.text for event in events if isinstance(event, Piece))
    (replied,) = [event.reply for event in events if isinstance(event, Replied)]
    assert replied.text == pieces == "One two three."
    assert events[-1] == Finished(status="finished", elapsed_s=events[-1].elapsed_s)  # type: ignore[union-attr]


def test_timings_follow_the_definitions(bench: Bench) -> None:
    events = list(bench.run(plan(contender("answer"))))
    (reply,) = [event.reply for event in events if isinstance(event, Replied)]
    assert reply.timing.ttft_s == 0.5
    assert reply.timing.prompt_tokens_per_s == 8.0
    assert reply.timing.generation_tokens_per_s == pytest.approx(2 / 0.3)
    assert reply.timing.load_s == 0.25
    assert reply.timing.load == "cached"
    assert not reply.timing.shared


def test_contenders_take_turns_at_each_case_when_all_fit(bench: Bench) -> None:
    both = plan(contender("answer", "A"), contender("answer", "B", threads=2), cases=2, repeats=2)
    assert turns(list(bench.run(both))) == [
        (name, number, repeat) for repeat in (0, 1) for number in ("1", "2") for name in ("A", "B")
    ]


def test_each_contender_answers_all_cases_before_the_next_loads_when_memory_is_short(
    recorder: MemoryRecorder,
) -> None:
    fit = SmallFit(need_bytes=_just_over_half_of_memory())
    bench = Bench(fit=fit, recorder=recorder, start_worker=start_fake_worker)
    both = plan(contender("answer", "A"), contender("answer", "B", threads=2), cases=2, repeats=2)
    # The fake holds nothing, so memory looks free again; the order alone shows what was planned.
    events = list(bench.run(both))
    bench.close()
    assert turns(events) == [
        (name, number, repeat) for repeat in (0, 1) for name in ("A", "B") for number in ("1", "2")
    ]


def test_a_model_that_stays_loaded_is_loaded_once(bench: Bench) -> None:
    events = list(bench.run(plan(contender("answer"), cases=3, repeats=2)))
    assert len([event for event in events if isinstance(event, Loaded)]) == 1


def test_contenders_that_differ_in_sampling_only_share_one_loaded_model(bench: Bench) -> None:
    events = list(bench.run(plan(contender("answer", "A"), contender("answer", "B"))))
    assert of_type(events, Loaded) == ["Loaded A"]
    assert of_type(events, Started) == ["Started A", "Started B"]


def test_a_model_that_needs_more_than_there_is_fails_with_need_and_have() -> None:
    bench = Bench(fit=SmallFit(need_bytes=1 << 50), start_worker=start_fake_worker)
    events = list(bench.run(plan(contender("answer"))))
    bench.close()
    (failed,) = [event.reply for event in events if isinstance(event, Failed)]
    assert failed.error is not None
    assert "1125900 GB" in failed.error
    assert "this machine has" in failed.error


def test_a_model_can_be_loaded_though_it_should_not_fit() -> None:
    bench = Bench(fit=SmallFit(need_bytes=1 << 50), start_worker=start_fake_worker)
    events = list(bench.run(plan(contender("answer", check_memory=False))))
    bench.close()
    assert of_type(events, Replied) == ["Replied"]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("crash-in-load", "aborted on a check inside llama.cpp"),
        ("crash-in-reply", "GGML_ASSERT(i < n) failed"),
        ("killed-in-reply", "memory ran out"),
        ("corrupt", "The file is damaged."),
        ("nonsense", "makes no sense"),
        ("too-long", "9 tokens, 5 fit."),
    ],
)
def test_a_failure_names_its_cause_and_the_others_still_finish(
    bench: Bench, recorder: MemoryRecorder, act: str, words: str
) -> None:
    events = list(bench.run(plan(contender(act), contender("answer"))))
    (failed,) = [event.reply for event in events if isinstance(event, Failed)]
    assert failed.contender == act
    assert failed.error is not None
    assert words in failed.error
    assert [event.reply.contender for event in events if isinstance(event, Replied)] == ["answer"]
    assert [reply.finish_reason for reply in recorder.replies] == ["error", "stop"]
    assert isinstance(events[-1], Finished)


def test_a_crash_keeps_the_text_so_far_and_the_last_log_lines(bench: Bench) -> None:
    events = list(bench.run(plan(contender("crash-in-reply"))))
    (failed,) = [event.reply for event in events if isinstance(event, Failed)]
    assert failed.text == "One "
    assert "GGML_ASSERT(i < n) failed" in failed.log


def test_a_file_that_cannot_be_loaded_is_tried_once(bench: Bench) -> None:
    events = list(bench.run(plan(contender("corrupt"), cases=3)))
    assert len([event for event in events if isinstance(event, Failed)]) == 3
    assert len([e for e in events if isinstance(e, Loading) and e.fraction == 0]) == 1


def test_a_model_that_crashes_is_loaded_once_more_and_then_given_up(bench: Bench) -> None:
    events = list(bench.run(plan(contender("crash-in-reply"), cases=4)))
    assert len([event for event in events if isinstance(event, Failed)]) == 4
    assert len([event for event in events if isinstance(event, Loaded)]) == 2


def test_a_reply_is_recorded_before_its_event_is_seen(
    bench: Bench, recorder: MemoryRecorder
) -> None:
    seen = 0
    for event in bench.run(plan(contender("answer"), cases=3)):
        if isinstance(event, Replied):
            seen += 1
            assert recorder.replies[-1] == event.reply
            assert len(recorder.replies) == seen
    assert recorder.calls[-1] == ("end", "finished")


@pytest.mark.parametrize("call", ["begin", "record", "end"])
def test_a_history_that_cannot_be_written_is_said_once_and_the_run_goes_on(call: str) -> None:
    bench = Bench(
        fit=SmallFit(), recorder=MemoryRecorder(fails_at=call), start_worker=start_fake_worker
    )
    events = list(bench.run(plan(contender("answer"), cases=3)))
    bench.close()
    assert [event.reason for event in events if isinstance(event, NotRecorded)] == [
        "The disk is full."
    ]
    assert len([event for event in events if isinstance(event, Replied)]) == 3


def test_stop_keeps_what_was_produced_and_ends_the_run_as_stopped(
    bench: Bench, recorder: MemoryRecorder
) -> None:
    events: list[Event] = []
    for event in bench.run(plan(contender("endless"), contender("answer"))):
        events.append(event)
        if isinstance(event, Piece) and event.text == "three.":
            bench.stop()
    (reply,) = [event.reply for event in events if isinstance(event, Replied)]
    assert (reply.text, reply.finish_reason) == ("One two three.", "stopped")
    assert recorder.replies == [reply]
    assert recorder.calls[-1] == ("end", "stopped")
    assert events[-1].status == "stopped"  # type: ignore[union-attr]


def test_a_stop_that_comes_at_any_moment_ends_the_run(bench: Bench) -> None:
    """Also between two requests, where no worker has anything to stop."""
    for delay_s in (0.0, 0.05, 0.1, 0.2, 0.3):
        timer = threading.Timer(delay_s, bench.stop)
        begun = time.monotonic()
        events = bench.run(plan(contender("endless")))
        timer.start()
        last = list(events)[-1]
        timer.join()
        assert isinstance(last, Finished)
        assert time.monotonic() - begun < 20


def test_leaving_the_loop_stops_the_run(bench: Bench, recorder: MemoryRecorder) -> None:
    events = bench.run(plan(contender("endless"), cases=2))
    for event in events:
        if isinstance(event, Piece):
            break
    events.close()  # type: ignore[attr-defined]  # a generator, given as an iterator
    assert recorder.calls[-1] == ("end", "stopped")


def test_a_bench_runs_again_after_a_stop(bench: Bench) -> None:
    for event in bench.run(plan(contender("endless"))):
        if isinstance(event, Piece):
            bench.stop()
    assert of_type(list(bench.run(plan(contender("answer")))), Replied) == ["Replied"]


def test_a_second_run_starts_no_worker_for_what_is_known(recorder: MemoryRecorder) -> None:
    started: list[str] = []

    def start(what: str) -> WorkerClient:
        started.append(what)
        return start_fake_worker(what)

    bench = Bench(fit=SmallFit(), recorder=recorder, start_worker=start)
    for _ in range(2):
        list(bench.run(plan(contender("answer"))))
    bench.close()
    assert started == ["The worker that lists devices", "The worker of answer"]


def test_together_runs_all_and_says_that_the_timings_are_shared(bench: Bench) -> None:
    both = plan(contender("answer", "A"), contender("answer", "B", threads=2), together=True)
    events = list(bench.run(both))
    replies = [event.reply for event in events if isinstance(event, Replied)]
    assert {reply.contender for reply in replies} == {"A", "B"}
    assert all(reply.timing.shared for reply in replies)
    assert any(isinstance(event, Notice) and "shared machine" in event.text for event in events)


def test_together_a_failing_contender_does_not_hold_up_the_others(bench: Bench) -> None:
    events = list(bench.run(plan(contender("crash-in-load"), contender("answer"), together=True)))
    assert of_type(events, Replied, Failed) == ["Failed", "Replied"] or of_type(
        events, Replied, Failed
    ) == ["Replied", "Failed"]


def test_together_can_be_stopped(bench: Bench) -> None:
    both = plan(contender("endless", "A"), contender("endless", "B", threads=2), together=True)
    events: list[Event] = []
    for event in bench.run(both):
        events.append(event)
        if len([e for e in events if isinstance(e, Piece)]) == 6:
            bench.stop()
    assert [e.reply.finish_reason for e in events if isinstance(e, Replied)] == ["stopped"] * 2


def test_an_idle_model_makes_room_for_the_next(recorder: MemoryRecorder) -> None:
    need = _just_over_half_of_memory()
    bench = Bench(fit=SmallFit(need_bytes=need), recorder=recorder, start_worker=start_fake_worker)
    first = list(bench.run(plan(contender("answer", "A"))))
    bench._pool._fit = SmallFit(need_bytes=1 << 50)
    second = list(bench.run(plan(contender("answer", "B", threads=2))))
    bench.close()
    assert of_type(first, Loaded) == ["Loaded A"]
    assert of_type(second, Unloaded, Failed) == ["Unloaded A", "Failed"]


def test_resume_runs_what_is_missing_and_records_it_in_the_same_session(
    bench: Bench, recorder: MemoryRecorder
) -> None:
    whole = plan(contender("answer"), cases=3)
    replies = [e.reply for e in bench.run(whole) if isinstance(e, Replied)]
    session = Session(
        id="session-1",
        title="Interrupted",
        created=datetime.now(UTC),
        environment=Environment(app="a", llama_cpp=None, os="o", cpu="c", ram_bytes=1),
        contenders=whole.contenders,
        cases=whole.cases,
        replies=tuple(replies[:1]),
    )
    recorder.calls.clear()
    events = list(bench.run(session.plan(), resume=session))
    assert turns(events) == [("answer", "2", 0), ("answer", "3", 0)]
    assert recorder.calls[0] == ("resume", "session-1")


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (plan(), "no model"),
        (plan(contender("answer"), cases=0), "no prompt"),
        (plan(contender("answer"), contender("answer")), "called “answer”"),
        (plan(contender("answer"), repeats=0), "repeats must be from 1 "),
    ],
)
def test_a_plan_that_cannot_run_is_refused_before_anything_starts(
    bench: Bench, recorder: MemoryRecorder, broken: object, words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        bench.run(broken)  # type: ignore[arg-type]
    assert not recorder.calls


def _just_over_half_of_memory() -> int:
    from engine.machine import available_memory

    return available_memory() * 6 // 10
