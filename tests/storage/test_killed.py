"""Real recording processes that are killed, or write at the same time."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.history import History
from tests.storage import samples
from tests.storage.processes import integrity, next_line, recording, rest_of

KILLS = 15


def recorded_until_killed(path: Path, chance: random.Random) -> tuple[str, int]:
    """The id of a session whose process was killed, and how many replies it had reported."""
    with recording(path, 10_000) as process:
        session = next_line(process)
        for _ in range(chance.randrange(1, 60)):
            last = int(next_line(process))
        # A kill right after a report would always meet the same few instructions.
        for _ in range(chance.randrange(20_000)):
            pass
        process.kill()
        reported = [int(line) for line in rest_of(process)]
    return session, max([last, *reported]) + 1


@pytest.mark.slow
def test_killed_at_any_moment_every_reported_reply_is_there(path: Path) -> None:
    chance = random.Random(20261124)
    for _ in range(KILLS):
        session, n_reported = recorded_until_killed(path, chance)
        assert integrity(path) == ["ok"]
        with History.open(path) as history:
            found = history.session(session)
            assert found.status == "interrupted"
            # One more may have been committed before the kill reached the line that reports it.
            assert len(found.replies) in (n_reported, n_reported + 1)
            assert all(reply.text == f"reply {i} " * 200 for i, reply in enumerate(found.replies))
            history.recorder().resume(session)
            history.recorder().record(session, samples.reply(repeat=9_999))
            history.recorder().end(session, "finished")
            assert history.session(session).status == "finished"


def test_a_session_is_interrupted_as_soon_as_its_process_is_dead(history: History) -> None:
    with recording(history.path, 10_000) as process:
        session = next_line(process)
        next_line(process)
        assert history.session(session).status == "running"
        assert history.sessions()[0].status == "running"
        process.kill()
        process.wait()
        assert history.session(session).status == "interrupted"
        assert history.sessions()[0].status == "interrupted"


def test_the_next_start_writes_down_what_was_interrupted(path: Path) -> None:
    with recording(path, 10_000) as process:
        session = next_line(process)
    History.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT id, status, owner_pid FROM session").fetchall()
    assert rows == [(session, "interrupted", None)]


def test_a_session_that_runs_elsewhere_stays_running_when_the_history_is_opened(
    path: Path,
) -> None:
    History.open(path).close()
    with recording(path, 10_000) as process:
        session = next_line(process)
        with History.open(path) as history:
            assert history.session(session).status == "running"


def test_another_process_resumes_what_was_interrupted(path: Path) -> None:
    with recording(path, 10_000) as process:
        session = next_line(process)
        next_line(process)
    with recording(path, 400, session) as process:
        assert next_line(process) == session
        rest = rest_of(process)
    assert rest[-1] == "399"
    with History.open(path) as history:
        assert history.session(session).status == "finished"
        assert history.sessions()[0].n_replies == 400


def test_two_processes_make_one_database_and_write_to_it_at_once(path: Path) -> None:
    with recording(path, 300) as first, recording(path, 300) as second:
        ids = {next_line(first), next_line(second)}
        rest_of(first)
        rest_of(second)
        assert (first.wait(), second.wait()) == (0, 0)
    with History.open(path) as history:
        assert {(s.id, s.n_replies, s.status) for s in history.sessions()} == {
            (session, 300, "finished") for session in ids
        }
    assert integrity(path) == ["ok"]
