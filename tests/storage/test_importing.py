from __future__ import annotations

import json
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from engine.contract import Session
from engine.errors import StorageError
from storage import importing
from storage.document import dump, dump_line
from storage.export import export_session
from storage.history import History
from storage.writing import insert_replies
from tests.storage import samples
from tests.storage.strategies import sessions

WHOLE = samples.session(samples.plan(), samples.reply(), samples.reply("model 1"))


def written(tmp_path: Path, content: bytes, name: str = "x.json") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@given(sessions())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_an_exported_session_is_imported_equal(
    history: History, tmp_path: Path, session: Session
) -> None:
    export_session(session, tmp_path / "x.json")
    known = {summary.id for summary in history.sessions()}
    imported = history.import_file(tmp_path / "x.json")
    if session.id in known:
        assert imported.known == (session.id,)
        return
    assert imported.added == (session.id,)
    if session.status == "running":
        session = msgspec.structs.replace(session, status="interrupted")
    assert history.session(session.id) == session


def test_a_session_that_is_there_already_is_recognised(history: History, tmp_path: Path) -> None:
    path = written(tmp_path, dump(WHOLE))
    assert history.import_file(path).added == (WHOLE.id,)
    history.rename(WHOLE.id, "my own title")
    again = history.import_file(path)
    assert (again.added, again.known) == ((), (WHOLE.id,))
    assert history.session(WHOLE.id).title == "my own title"


def test_a_discarded_session_can_be_imported_again(history: History, tmp_path: Path) -> None:
    path = written(tmp_path, dump(WHOLE))
    history.import_file(path)
    history.discard([WHOLE.id])
    assert history.import_file(path).added == (WHOLE.id,)
    assert history.session(WHOLE.id) == WHOLE


def lines(*ids: str) -> bytes:
    found = (json.loads(dump(msgspec.structs.replace(WHOLE, id=session))) for session in ids)
    return b"\n".join(json.dumps(session).encode() for session in found)


def test_a_file_of_many_sessions_is_imported_line_by_line(history: History, tmp_path: Path) -> None:
    path = written(tmp_path, lines("a", "b") + b"\n\n" + lines("c") + b"\n", "x.jsonl")
    assert history.import_file(path).added == ("a", "b", "c")
    assert len(history.sessions()) == 3


def test_a_broken_line_is_named_and_nothing_is_imported(history: History, tmp_path: Path) -> None:
    path = written(tmp_path, lines("a", "b") + b"\n{}", "x.jsonl")
    with pytest.raises(StorageError, match=r"x\.jsonl, session on line 3"):
        history.import_file(path)
    assert history.sessions() == ()


def test_an_import_that_fails_half_way_leaves_nothing(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_replies = 450
    replies = tuple(samples.reply(repeat=repeat) for repeat in range(n_replies))
    large = msgspec.structs.replace(WHOLE, id="large", repeats=n_replies, replies=replies)
    path = written(tmp_path, dump_line(WHOLE) + dump_line(large), "x.jsonl")

    def fail(_connection: object, session: Session, start: int, n_replies: int) -> None:
        if session.id == "large" and start > 0:
            raise StorageError("The disk is full.")
        insert_replies(_connection, session, start, n_replies)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "insert_replies", fail)
    with pytest.raises(StorageError, match="disk is full"):
        history.import_file(path)
    monkeypatch.undo()
    with closing(sqlite3.connect(history.path)) as connection:
        assert connection.execute("SELECT count(*) FROM session").fetchone() == (0,)
    assert history.import_file(path).added == (WHOLE.id, "large")
    assert history.session("large") == large


def test_a_number_that_no_database_holds_is_refused_whole(history: History, tmp_path: Path) -> None:
    plain = json.loads(dump(WHOLE))
    plain["sampling"]["seed"] = 10**30
    with pytest.raises(StorageError, match="cannot be kept"):
        history.import_file(written(tmp_path, json.dumps(plain).encode()))
    assert history.sessions() == ()


@pytest.mark.parametrize("name", ["x.csv", "x"])
def test_other_kinds_of_file_are_refused(history: History, tmp_path: Path, name: str) -> None:
    with pytest.raises(StorageError, match=r"neither \.json nor \.jsonl"):
        history.import_file(written(tmp_path, b"", name))


def test_a_missing_file_is_named(history: History, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        history.import_file(tmp_path / "gone.json")


def test_html_in_a_reply_stays_text(history: History, tmp_path: Path) -> None:
    text = "<script>alert(1)</script>"
    session = msgspec.structs.replace(WHOLE, replies=(samples.reply(text=text),))
    history.import_file(written(tmp_path, dump(session)))
    assert history.session(WHOLE.id).replies[0].text == text


def test_of_many_sessions_one_at_a_time_is_in_memory(tmp_path: Path, history: History) -> None:
    n_sessions, text = 40, "word " * 20_000
    path = tmp_path / "many.jsonl"
    with path.open("wb") as file:
        for number in range(n_sessions):
            session = samples.session(None, samples.reply(text=text))
            file.write(dump_line(msgspec.structs.replace(session, id=f"session-{number}")))
    history.sessions(1)
    tracemalloc.start()
    try:
        imported = history.import_file(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(imported.added) == n_sessions
    assert peak < path.stat().st_size / 3
