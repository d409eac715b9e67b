"""What the user is told when the disk, the folder or the file does not play along."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from engine.errors import DamagedHistory, StorageError
from storage import database
from storage.history import History
from storage.query import Query
from tests.storage import samples
from tests.storage.processes import integrity

NOBODY = 65534


def begin(history: History) -> str:
    return history.recorder().begin(samples.plan(repeats=1000), samples.ENVIRONMENT)


def record_until_it_fails(history: History, session: str) -> tuple[int, str]:
    """How many replies were kept, and the sentence that ended it."""
    for repeat in range(1000):
        try:
            history.recorder().record(session, samples.reply(repeat=repeat, text="x" * 20_000))
        except StorageError as error:
            return repeat, str(error)
    raise AssertionError("it never failed")


@pytest.fixture
def small_disk() -> Iterator[None]:
    """SQLite gives SQLITE_FULL once a database has this many pages."""

    def limit(connection: Any, _entry: object) -> None:
        connection.execute("PRAGMA max_page_count = 100")

    event.listen(Engine, "connect", limit)
    yield
    event.remove(Engine, "connect", limit)


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_is_said_and_keeps_what_was_recorded(path: Path) -> None:
    with History.open(path) as history:
        session = begin(history)
        n_kept, sentence = record_until_it_fails(history, session)
        assert "no space left on the disk" in sentence
        assert str(path) in sentence
        assert n_kept > 0
        assert len(history.session(session).replies) == n_kept
        history.delete(session)
        assert history.sessions() == ()
    assert integrity(path) == ["ok"]


@pytest.fixture
def tiny_file_system(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a file system takes root")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_file_system_that_is_really_full_is_said(tiny_file_system: Path) -> None:
    path = tiny_file_system / "history.sqlite3"
    with History.open(path) as history:
        session = begin(history)
        n_kept, sentence = record_until_it_fails(history, session)
        assert "no space left on the disk" in sentence
        assert len(history.session(session).replies) == n_kept > 0
    assert integrity(path) == ["ok"]


def test_a_database_that_another_program_locks_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    with History.open(path) as history:
        session = begin(history)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError, match="locked by another program"):
                history.recorder().record(session, samples.reply())
            assert history.session(session).replies == ()
        history.recorder().record(session, samples.reply())
        assert len(history.session(session).replies) == 1


@pytest.mark.parametrize(
    "content", [b"# My notes\n" * 400, b"\x00" * 8192, b"SQLite format 3\x00!"]
)
def test_a_file_that_is_no_database_is_said_and_left(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StorageError, match="some other kind of file"):
        History.open(path)
    assert path.read_bytes() == content


def test_a_damaged_database_is_said(path: Path) -> None:
    with History.open(path) as history:
        session = begin(history)
        for repeat in range(50):
            history.recorder().record(session, samples.reply(repeat=repeat, text="x" * 3000))
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    with pytest.raises(DamagedHistory, match="is damaged"), History.open(path) as history:
        history.session(session)


@pytest.mark.parametrize(
    "spoil",
    [
        "contender SET body = x'a5a5'",
        "contender SET body = x'92'",
        "session SET machine = CAST(x'ff' AS TEXT)",
    ],
)
def test_what_sqlite_reads_without_complaint_but_makes_no_sense_is_damage(
    path: Path, spoil: str
) -> None:
    with History.open(path) as history:
        session = begin(history)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"UPDATE {spoil}")
        with pytest.raises(DamagedHistory, match="can be salvaged"):
            (history.sessions(), history.session(session))


def test_a_folder_in_the_place_of_the_file_is_said(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StorageError, match=str(path)):
        History.open(path)


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = re.escape(f"{tmp_path / 'file'} is a file and not a folder")
    for inside in ("history.sqlite3", "deeper/history.sqlite3"):
        with pytest.raises(StorageError, match=said):
            History.open(tmp_path / "file" / inside)


def test_a_folder_that_has_vanished_is_said(path: Path) -> None:
    home = path.parent / "home"
    with History.open(home / path.name) as history:
        history.sessions()
    missing = database.Database(home / "gone" / path.name)
    with pytest.raises(StorageError, match=r"folder .*gone is missing"), missing.read():
        pass
    missing.close()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's freedom to write everywhere; does nothing for other users."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user than root can reach too."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)
        Path(name).chmod(0o777)


def test_a_read_only_folder_is_said(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with as_nobody(), pytest.raises(StorageError, match="read-only"):
        History.open(open_folder / "history.sqlite3")


def is_only_read(path: Path) -> None:
    with History.open(path) as history:
        assert history.read_only is not None
        assert "only read" in history.read_only
        (session,) = history.sessions()
        with closing(history.watch()) as watch:
            assert not watch.changed()
        assert len(history.session(session.id).replies) == 1
        assert [found.id for found in history.sessions(query=Query(text="balance"))] == [session.id]
        for change in (
            lambda: history.rename(session.id, "x"),
            lambda: history.recorder().begin(samples.plan(), samples.ENVIRONMENT),
        ):
            with pytest.raises(StorageError, match="only read"):
                change()


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o777), (0o644, 0o555)])
def test_a_history_that_may_not_be_written_is_only_read(
    open_folder: Path, file_mode: int, folder_mode: int
) -> None:
    path = open_folder / "history.sqlite3"
    with History.open(path) as history:
        session = history.recorder().begin(samples.plan(), samples.ENVIRONMENT)
        history.recorder().record(session, samples.reply())
    if os.geteuid() == 0:
        os.chown(path, NOBODY, -1)
    path.chmod(file_mode)
    open_folder.chmod(folder_mode)
    with as_nobody():
        is_only_read(path)
