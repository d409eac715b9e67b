from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import StorageError
from storage.database import Database
from storage.history import History
from tests.storage import samples
from tests.storage.processes import integrity

SECRET = "zanzibarquartz"


def add(history: History, text: str = "", n_replies: int = 3) -> str:
    plan = samples.plan(title=f"title {text}", repeats=max(n_replies, 1))
    session = history.recorder().begin(plan, samples.ENVIRONMENT)
    for repeat in range(n_replies):
        history.recorder().record(session, samples.reply(repeat=repeat, text=f"reply {text}"))
    history.recorder().end(session, "finished")
    return session


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_discarded_sessions_are_out_of_sight_and_can_be_had_back(history: History) -> None:
    kept, discarded = add(history, "kept"), add(history, "other")
    before = history.session(discarded)
    history.discard([discarded])
    history.discard([])
    assert [summary.id for summary in history.sessions()] == [kept]
    assert history.count() == 1
    with pytest.raises(StorageError):
        history.session(discarded)
    history.restore([discarded])
    assert [summary.id for summary in history.sessions()] == [discarded, kept]
    assert history.session(discarded) == before


def test_the_bin_is_emptied_for_good(history: History) -> None:
    kept, discarded = add(history, "kept"), add(history, SECRET)
    history.discard([discarded])
    history.empty_bin()
    history.restore([discarded])
    assert [summary.id for summary in history.sessions()] == [kept]
    assert integrity(history.path) == ["ok"]


def test_only_what_was_discarded_by_then_leaves_the_bin(history: History) -> None:
    earlier, later = add(history, "earlier"), add(history, "later")
    history.discard([earlier])
    then = datetime.now(UTC)
    history.discard([later])
    history.empty_bin(until=then)
    history.restore([earlier, later])
    assert [summary.id for summary in history.sessions()] == [later]


def test_only_the_given_sessions_leave_the_bin(history: History) -> None:
    one, other = add(history, "one"), add(history, "other")
    history.discard([one, other])
    history.empty_bin([one])
    history.restore([one, other])
    assert [summary.id for summary in history.sessions()] == [other]


def test_no_word_of_a_deleted_session_is_left_in_any_file(history: History) -> None:
    kept = [add(history, f"kept {i}") for i in range(5)]
    deleted = add(history, SECRET)
    kept += [add(history, f"later {i}") for i in range(5)]
    history.delete(deleted)
    assert SECRET.encode() not in all_bytes(history.path.parent)
    assert len(history.sessions()) == len(kept)
    history.close()
    assert SECRET.encode() not in all_bytes(history.path.parent)


def test_the_file_shrinks(history: History) -> None:
    ids = [add(history, "x" * 20_000, n_replies=20) for _ in range(10)]
    with ExitStack() as stack:
        stack.callback(history.close)
        history.delete(*ids[1:])
        large = 10 * 20 * 20_000
        assert history.path.stat().st_size < large / 5
        assert len(history.session(ids[0]).replies) == 20


def test_several_are_deleted_at_once_or_none(history: History) -> None:
    session = add(history)
    with pytest.raises(StorageError):
        history.delete(session, "nothing")
    assert len(history.sessions()) == 1


def test_others_write_while_much_is_deleted(history: History) -> None:
    large = add(history, "word " * 50, n_replies=3000)
    session = history.recorder().begin(samples.plan(repeats=10_000), samples.ENVIRONMENT)
    n_recorded = 0
    with ThreadPoolExecutor(1) as executor:
        deleted = executor.submit(history.delete, large)
        while not deleted.done():
            history.recorder().record(session, samples.reply(repeat=n_recorded))
            n_recorded += 1
        deleted.result()
    assert n_recorded > 10
    assert history.sessions()[0].n_replies == n_recorded
    assert history.count() == 1


def test_between_the_steps_of_deleting_nothing_is_locked(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = add(history, n_replies=1000)
    session = history.recorder().begin(samples.plan(repeats=1000), samples.ENVIRONMENT)
    repeats = iter(range(1000))

    def record(_: Database) -> None:
        with History.open(history.path) as other:
            other.recorder().record(session, samples.reply(repeat=next(repeats)))

    monkeypatch.setattr(Database, "give_way", record)
    history.delete(large)
    assert next(repeats) >= 5
    assert history.sessions()[0].n_replies == next(repeats) - 1


def test_a_running_session_can_be_deleted(history: History) -> None:
    session = history.recorder().begin(samples.plan(), samples.ENVIRONMENT)
    history.delete(session)
    assert history.sessions() == ()


def test_a_deletion_that_was_called_off_is_finished_by_the_next(history: History) -> None:
    deleted = [add(history, SECRET, n_replies=30) for _ in range(3)]
    kept = add(history, "kept")
    history.discard(deleted)

    class Enough(Exception):
        pass

    for _ in range(100):
        steps = iter((1, 2, 3))

        def go_on(steps: Iterator[int] = steps) -> None:
            if next(steps, None) is None:
                raise Enough

        with suppress(Enough):
            history.empty_bin(go_on=go_on)
            break
    assert SECRET.encode() not in all_bytes(history.path.parent)
    assert [summary.id for summary in history.sessions()] == [kept]
    assert integrity(history.path) == ["ok"]


def test_a_bin_that_is_empty_costs_no_writing(history: History) -> None:
    history.delete(add(history, "gone"))
    with closing(history.watch()) as watch:
        watch.changed()
        history.empty_bin()
        assert not watch.changed()
