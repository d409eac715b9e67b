from __future__ import annotations

import random
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.contract import Session
from engine.errors import StorageError
from storage.damaged import DamagedDatabase
from storage.history import History
from storage.salvage import Salvaged, salvage, salvaged_words
from storage.tables import SESSION_SHIFT
from tests.storage import samples
from tests.storage.processes import integrity

PAGE = 4096


def fill(path: Path, n_sessions: int = 20) -> list[Session]:
    with History.open(path) as history:
        recorder = history.recorder()
        for number in range(n_sessions):
            plan = samples.plan(title=f"session {number}", repeats=20)
            session = recorder.begin(plan, samples.ENVIRONMENT)
            for repeat in range(20):
                text = f"session {number} reply {repeat} " * 40
                recorder.record(session, samples.reply(repeat=repeat, text=text))
            recorder.end(session, "finished")
        return [history.session(summary.id) for summary in history.sessions()]


def overwrite(path: Path, pages: list[int]) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(b"\xa5" * PAGE)


def damage_an_index(path: Path, name: str = "session_created") -> None:
    """Such damage takes nothing away that a table holds."""
    with closing(sqlite3.connect(path)) as connection:
        asked = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        (page,) = connection.execute(asked, (name,)).fetchone()
    overwrite(path, [page - 1])


def salvage_damaged(path: Path) -> Salvaged:
    salvaged = salvage(path)
    assert salvaged is not None
    return salvaged


def test_a_whole_history_is_left_as_it_is(path: Path) -> None:
    fill(path, 2)
    before = path.read_bytes()
    assert salvage(path) is None
    assert salvaged_words(None) == "The history is whole; nothing was done."
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*damaged*"))


def test_an_empty_history_is_whole(path: Path) -> None:
    with History.open(path):
        pass
    assert salvage(path) is None


def test_damage_that_sqlite_does_not_see_is_damage(path: Path) -> None:
    fill(path, 2)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE reply SET body = zeroblob(length(body)) WHERE number % 7 = 0")
        connection.commit()
    assert integrity(path) == ["ok"]
    assert salvage_damaged(path).n_replies < 40


def test_a_damaged_index_of_words_is_damage(path: Path) -> None:
    fill(path, 2)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE found_data SET block = zeroblob(length(block)) WHERE id > 10")
        connection.commit()
    assert integrity(path) == ["ok"]
    assert salvage_damaged(path).n_replies == 40


def test_what_is_not_damaged_is_saved_whole(path: Path) -> None:
    before = fill(path)
    damage_an_index(path)
    salvaged = salvage_damaged(path)
    assert (salvaged.n_sessions, salvaged.n_replies) == (20, 400)
    with History.open(path) as history:
        assert [history.session(summary.id) for summary in history.sessions()] == before


@pytest.mark.parametrize("seed", range(6))
def test_what_lies_beside_the_damage_is_saved(path: Path, seed: int) -> None:
    before = {session.id: session for session in fill(path)}
    n_pages = path.stat().st_size // PAGE
    # The first pages are the roots of the tables: behind them nothing can be found.
    damaged_pages = random.Random(seed).sample(range(n_pages // 3, n_pages), 8)
    overwrite(path, damaged_pages)
    damaged_bytes = path.read_bytes()
    assert integrity(path) != ["ok"]

    salvaged = salvage_damaged(path)

    assert salvaged.damaged.read_bytes() == damaged_bytes
    assert salvaged.n_replies > 100
    assert integrity(path) == ["ok"]
    with History.open(path) as history:
        found = [history.session(summary.id) for summary in history.sessions()]
        assert len(found) == salvaged.n_sessions
        assert sum(len(session.replies) for session in found) == salvaged.n_replies
        for session in found:
            assert all(reply in before[session.id].replies for reply in session.replies)
        history.recorder().begin(samples.plan(), samples.ENVIRONMENT)


def test_the_history_names_its_problems(path: Path) -> None:
    fill(path)
    overwrite(path, [path.stat().st_size // PAGE - 2])
    with History.open(path) as history:
        try:
            problems = history.problems()
        except StorageError as error:
            problems = (str(error),)
    assert problems


def test_what_is_only_in_the_log_is_saved_and_the_log_is_kept(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / path.name
    copy.parent.mkdir()
    with History.open(path) as history:
        session = history.recorder().begin(samples.plan(), samples.ENVIRONMENT)
        history.recorder().record(session, samples.reply())
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, copy.parent)
    damage_an_index(copy)
    salvaged = salvage_damaged(copy)
    assert salvaged.n_replies == 1
    assert salvaged.damaged.with_name(f"{salvaged.damaged.name}-wal").exists()
    with History.open(copy) as history:
        assert history.session(session).status == "interrupted"


def test_a_discarded_session_is_not_brought_back(path: Path) -> None:
    sessions = fill(path, 3)
    with History.open(path) as history:
        history.discard([sessions[0].id])
    damage_an_index(path)
    assert salvage_damaged(path).n_sessions == 2


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 1000])
def test_without_anything_to_save_the_file_is_left(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StorageError, match="No session"):
        salvage(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_database_whose_tables_are_all_gone_ends_soon(path: Path) -> None:
    fill(path, 3)
    n_pages = path.stat().st_size // PAGE
    overwrite(path, list(range(1, n_pages)))
    with pytest.raises(StorageError, match="No session"):
        salvage(path)


class LostPages:
    """A connection on which every read of these sessions' replies fails, as below a lost inner page."""

    def __init__(self, inner: sqlite3.Connection, lost: range) -> None:
        self._inner = inner
        self._lost = lost
        self.n_reads = 0

    def execute(self, statement: str) -> sqlite3.Cursor:
        self.n_reads += 1
        asked = re.search(r"FROM reply .* BETWEEN (\d+) AND (\d+)", statement)
        if asked is not None:
            low, high = (int(number) >> SESSION_SHIFT for number in asked.groups())
            if low <= self._lost[-1] and high >= self._lost[0]:
                raise sqlite3.DatabaseError("database disk image is malformed")
        return self._inner.execute(statement)

    def close(self) -> None:
        self._inner.close()


def test_what_lies_behind_lost_sessions_is_found_soon(path: Path) -> None:
    fill(path, 12)
    source = DamagedDatabase(path)
    connection = LostPages(source._connection, range(3, 6))
    source._connection = connection  # type: ignore[assignment]  # to lose pages of our choice
    with closing(source):
        found = [len(session.replies) for session in source.sessions()]
    assert found == [20, 20, 0, 0, 0, *[20] * 7]
    assert connection.n_reads < 500
