from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from engine.contract import Event, Finished, Loading, Notice, Piece
from engine.errors import SteelyardError, StorageError
from gui.jobs import EVENTS_HELD, Jobs, RunFeed, merged


def piece(name: str, text: str, tokens: int = 1) -> Piece:
    return Piece(contender=name, case="1", repeat=0, text=text, generated_tokens=tokens)


def test_work_is_done_elsewhere_and_its_result_comes_back_here(qtbot: QtBot, jobs: Jobs) -> None:
    done_in: list[str] = []
    jobs.start(
        "files",
        lambda: threading.current_thread().name,
        lambda name: done_in.extend((name, threading.current_thread().name)),
    )
    qtbot.waitUntil(lambda: len(done_in) == 2)
    assert done_in == ["jobs-files", threading.main_thread().name]


def test_a_fault_of_the_world_reaches_the_one_who_asked(qtbot: QtBot, jobs: Jobs) -> None:
    def work() -> None:
        raise StorageError("The disk is full.")

    faults: list[SteelyardError] = []
    jobs.start("history", work, failed=faults.append)
    qtbot.waitUntil(lambda: bool(faults))
    assert str(faults[0]) == "The disk is full."


def test_a_fault_of_ours_reaches_the_crash_handler(qtbot: QtBot) -> None:
    jobs = Jobs()
    crashes: list[Exception] = []
    jobs.crashed.connect(crashes.append)
    jobs.start("files", lambda: 1 // 0, failed=lambda fault: None)
    qtbot.waitUntil(lambda: bool(crashes))
    assert isinstance(crashes[0], ZeroDivisionError)
    assert jobs.close()


def test_jobs_of_one_lane_keep_their_order(qtbot: QtBot, jobs: Jobs) -> None:
    order: list[int] = []
    for number in range(20):
        jobs.start("history", partial(int, number), order.append)
    qtbot.waitUntil(lambda: len(order) == 20)
    assert order == list(range(20))


def test_a_slow_lane_does_not_hold_up_another(qtbot: QtBot, jobs: Jobs) -> None:
    release = threading.Event()
    done: list[str] = []
    jobs.start("files", lambda: release.wait(5), lambda _: done.append("files"))
    jobs.start("history", lambda: None, lambda _: done.append("history"))
    qtbot.waitUntil(lambda: done == ["history"])
    release.set()
    qtbot.waitUntil(lambda: done == ["history", "files"])


def test_closing_calls_off_a_job_where_it_reports(qtbot: QtBot) -> None:
    jobs = Jobs()
    begun, go_on = threading.Event(), threading.Event()
    shown: list[float] = []
    report = jobs.progress(lambda sentence, fraction: shown.append(fraction))
    finished: list[bool] = []

    def work() -> None:
        begun.set()
        go_on.wait(5)
        report("Half way", 0.5)
        finished.append(True)

    jobs.start("files", work)
    assert begun.wait(5)
    threading.Timer(0.05, go_on.set).start()
    assert jobs.close()
    assert not finished
    assert not shown


def test_nothing_is_delivered_after_closing(qtbot: QtBot, qapp: object) -> None:
    jobs = Jobs()
    done: list[int] = []
    ran = threading.Event()
    jobs.start("files", ran.set, lambda _: done.append(1))
    assert ran.wait(5)
    assert jobs.close()
    qtbot.wait(20)
    assert not done


# The feed of a run --------------------------------------------------------------------------------


class Listener:
    def __init__(self, feed: RunFeed) -> None:
        self.events: list[Event] = []
        self.threads: set[str] = set()
        self.ended: list[Exception | None] = []
        feed.arrived.connect(self._take)
        feed.ended.connect(self.ended.append)

    def _take(self, events: tuple[Event, ...]) -> None:
        self.threads.add(threading.current_thread().name)
        self.events.extend(events)

    def text_of(self, name: str) -> str:
        return "".join(
            event.text
            for event in self.events
            if isinstance(event, Piece) and event.contender == name
        )


def test_every_event_of_a_long_run_arrives_once_and_in_order(qtbot: QtBot) -> None:
    count = 3 * EVENTS_HELD

    def events() -> Iterator[Event]:
        for number in range(count):
            yield piece("ab"[number % 2], f"{number} ", number)
        yield Finished(status="finished", elapsed_s=1.0)

    feed = RunFeed(events())
    listener = Listener(feed)
    feed.start()
    qtbot.waitUntil(lambda: bool(listener.ended), timeout=10_000)
    assert listener.ended == [None]
    assert listener.text_of("a").split() == [str(n) for n in range(0, count, 2)]
    assert listener.text_of("b").split() == [str(n) for n in range(1, count, 2)]
    assert isinstance(listener.events[-1], Finished)
    assert listener.threads == {threading.main_thread().name}
    assert len(listener.events) < count / 4


def test_a_reader_that_does_not_keep_up_makes_the_run_wait(qtbot: QtBot) -> None:
    made = 0

    def events() -> Iterator[Event]:
        nonlocal made
        for number in range(3 * EVENTS_HELD):
            made = number + 1
            yield piece("a", "x")

    feed = RunFeed(events())
    feed.start()
    # This thread does not turn its event loop, so nothing is taken out.
    for _ in range(1000):
        if made > EVENTS_HELD:
            break
        threading.Event().wait(0.005)
    threading.Event().wait(0.05)
    assert made == EVENTS_HELD + 1
    assert feed.close()


def test_the_exception_that_ends_a_run_comes_with_its_end(qtbot: QtBot) -> None:
    def events() -> Iterator[Event]:
        yield Notice(text="first")
        raise StorageError("gone")

    feed = RunFeed(events())
    listener = Listener(feed)
    feed.start()
    qtbot.waitUntil(lambda: bool(listener.ended))
    assert [str(fault) for fault in listener.ended] == ["gone"]
    assert listener.events == [Notice(text="first")]


EVENTS = st.lists(
    st.one_of(
        st.builds(
            Piece,
            contender=st.sampled_from("ab"),
            case=st.just("1"),
            repeat=st.integers(0, 1),
            text=st.text(max_size=3),
            channel=st.sampled_from(("text", "reasoning")),
        ),
        st.builds(Notice, text=st.text(max_size=3)),
    )
)


@given(EVENTS)
def test_merging_loses_no_text_and_moves_nothing_past_another_event(events: list[Event]) -> None:
    assert _by_stretch(merged(events)) == _by_stretch(events)


def _by_stretch(events: list[Event]) -> list[object]:
    """The text of each reply and channel between two other events, and those events."""
    result: list[object] = []
    texts: dict[object, str] = {}
    for event in [*events, Notice(text="end")]:
        if isinstance(event, Piece):
            key = (event.contender, event.repeat, event.channel)
            texts[key] = texts.get(key, "") + event.text
        else:
            result += [sorted(texts.items()), event]
            texts = {}
    return result


def test_of_the_steps_of_a_load_the_last_is_kept() -> None:
    steps = [Loading(contender=name, fraction=f) for name in "ab" for f in (0.0, 0.5, 1.0)]
    assert merged(steps) == [steps[2], steps[5]]


@pytest.mark.parametrize("count", [1, 7])
def test_merged_pieces_carry_the_latest_count_of_tokens(count: int) -> None:
    joined = merged([piece("a", "x", tokens) for tokens in range(1, count + 1)])
    assert joined == [piece("a", "x" * count, count)]
