from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.contract import FinishReason
from engine.errors import StorageError
from storage.history import History
from storage.ids import PATTERN, new_id
from storage.query import Query
from tests.storage import samples


def begin(history: History, title: str = "x", contenders: int = 2) -> str:
    plan = samples.plan(contenders=contenders, repeats=2, title=title)
    return history.recorder().begin(plan, samples.ENVIRONMENT)


def test_the_list_shows_the_newest_first_and_counts(history: History) -> None:
    older, newer = begin(history, "older"), begin(history, "newer", contenders=3)
    history.recorder().record(newer, samples.reply())
    first, second = history.sessions()
    assert (first.id, first.title, second.id) == (newer, "newer", older)
    assert first.contenders == ("model 0", "model 1", "model 2")
    assert (first.n_replies, first.n_jobs) == (1, 6)
    assert (second.n_replies, second.n_jobs) == (0, 4)
    assert first.kind == "compare"
    assert abs(datetime.now(UTC) - first.created) < timedelta(minutes=1)


def test_failed_replies_are_counted_apart_without_reading_any(history: History, path: Path) -> None:
    failed, mixed = begin(history, "failed"), begin(history, "mixed")
    ends: tuple[tuple[str, tuple[FinishReason, ...]], ...] = (
        (failed, ("error", "error")),
        (mixed, ("error", "stop")),
    )
    for session, reasons in ends:
        for repeat, reason in enumerate(reasons):
            reply = samples.reply(repeat=repeat, finish_reason=reason)
            history.recorder().record(session, reply)
        history.recorder().end(session, "finished")
    second, first = history.sessions()
    assert (first.n_replies, first.n_failed, first.n_answered) == (2, 2, 0)
    assert (second.n_replies, second.n_failed, second.n_answered) == (2, 1, 1)
    assert first.all_failed
    assert not second.all_failed
    (fewest, *_) = history.sessions(query=Query(sort="n_replies", ascending=True))
    assert fewest.id == failed
    with closing(sqlite3.connect(path)) as connection:
        counted = "SELECT count(*) FROM reply WHERE session = 1 AND finish_reason = 'error'"
        (plan,) = connection.execute(f"EXPLAIN QUERY PLAN {counted}").fetchall()
    assert "reply_failed" in plan[-1]


def test_the_list_comes_in_pages(history: History) -> None:
    ids = [begin(history) for _ in range(5)]
    newest = ids[::-1]
    assert [s.id for s in history.sessions(limit=2)] == newest[:2]
    assert [s.id for s in history.sessions(limit=2, offset=2)] == newest[2:4]
    assert [s.id for s in history.sessions(limit=2, offset=4)] == newest[4:]


def test_an_empty_history_has_no_sessions(history: History) -> None:
    assert history.sessions() == ()


def test_a_session_is_found_by_the_beginning_of_its_id_or_of_its_last_word(
    history: History,
) -> None:
    session = begin(history)
    for part in (session, session[:4], session[:-3], session[-8:], session[-8:-4], f" {session} "):
        assert history.session(part).id == session


def test_an_id_that_fits_several_sessions_is_refused_with_them(history: History) -> None:
    ids = {begin(history), begin(history)}
    with pytest.raises(StorageError, match="More than one") as caught:
        history.session(next(iter(ids))[:8])
    assert all(session in str(caught.value) for session in ids)


@pytest.mark.parametrize("part", ["", "2", "202", "nothing", "____", "%%%%", "'--", "2026%"])
def test_an_id_that_fits_no_session_is_refused(history: History, part: str) -> None:
    begin(history)
    with pytest.raises(StorageError):
        history.session(part)


def test_ids_sort_by_time_and_differ_within_one_moment() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    same_moment = {new_id(now) for _ in range(1000)}
    assert len(same_moment) == 1000
    assert all(PATTERN.fullmatch(session) for session in same_moment)
    assert max(same_moment) < new_id(now + timedelta(seconds=1))


def test_a_deleted_session_is_gone_with_all_it_held(history: History) -> None:
    kept, deleted = begin(history), begin(history)
    for session in (kept, deleted):
        history.recorder().record(session, samples.reply(text=f"words of {session}"))
    history.delete(deleted)
    assert [summary.id for summary in history.sessions()] == [kept]
    assert len(history.session(kept).replies) == 1
    with pytest.raises(StorageError):
        history.session(deleted)


def test_a_renamed_session_keeps_all_else(history: History) -> None:
    session = begin(history, "before")
    before = history.session(session)
    history.rename(session, "  after\nall ")
    assert history.session(session).title == "after all"
    assert history.session(session).plan().cases == before.cases
    with pytest.raises(StorageError, match="title"):
        history.rename(session, "  ")


def test_everything_is_there_after_reopening(path: Path) -> None:
    with History.open(path) as history:
        session = begin(history)
        history.recorder().record(session, samples.reply())
        history.recorder().end(session, "finished")
        before = history.session(session)
    with History.open(path) as history:
        assert history.session(session) == before


def test_the_window_reads_while_the_run_writes(history: History) -> None:
    plan = samples.plan(repeats=200)
    session = history.recorder().begin(plan, samples.ENVIRONMENT)

    def run() -> None:
        for repeat in range(200):
            history.recorder().record(session, samples.reply(repeat=repeat))

    seen = [0]
    with ThreadPoolExecutor(1) as executor:
        done = executor.submit(run)
        while not done.done():
            seen.append(history.sessions()[0].n_replies)
            seen.append(len(history.session(session).replies))
        done.result()
    assert seen == sorted(seen)
    assert history.sessions()[0].n_replies == 200


def test_a_sound_file_has_no_problems(history: History) -> None:
    begin(history)
    assert history.problems() == ()


def test_only_the_user_can_read_the_history(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.sqlite3"
    History.open(path).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
