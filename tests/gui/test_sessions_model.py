from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from engine.contract import Case, Message, Plan, Session
from engine.errors import StorageError
from gui.jobs import Jobs
from gui.sessions.sessions_model import PAGE, SessionRole, SessionsModel, facts
from storage.summary import SessionSummary
from tests.gui.fakes import FakeHistory, contender, session_of

PLAN = Plan(
    contenders=(contender("Q8_0"), contender("Q2_K")),
    cases=(Case(id="1", messages=(Message(role="user", content="Why?"),)),),
)

Load = Callable[[FakeHistory], SessionsModel]


@pytest.fixture
def load(qtbot: QtBot, jobs: Jobs) -> Load:
    def load_one(history: FakeHistory) -> SessionsModel:
        sessions = SessionsModel(jobs, jobs)
        with qtbot.waitSignal(sessions.loaded):
            sessions.use(history)
        return sessions

    return load_one


def many(count: int) -> list[Session]:
    return [
        session_of(PLAN, [], session_id=f"s{n}", title=f"Session {n}", age=timedelta(hours=n))
        for n in range(count)
    ]


def titles(sessions: SessionsModel) -> list[object]:
    return [sessions.index(row).data() for row in range(sessions.rowCount())]


def test_sessions_are_listed_newest_first(load: Load, qtmodeltester: ModelTester) -> None:
    sessions = load(FakeHistory(many(3)[::-1]))
    qtmodeltester.check(sessions)
    assert titles(sessions) == ["Session 0", "Session 1", "Session 2"]


def test_the_list_goes_on_a_page_at_a_time(qtbot: QtBot, load: Load) -> None:
    sessions = load(FakeHistory(many(PAGE + 20)))
    assert sessions.rowCount() == PAGE
    assert sessions.canFetchMore(QModelIndex())
    with qtbot.waitSignal(sessions.loaded):
        sessions.fetchMore(QModelIndex())
    assert sessions.rowCount() == PAGE + 20
    assert not sessions.canFetchMore(QModelIndex())


def test_nothing_is_read_on_the_window_s_thread(load: Load) -> None:
    history = FakeHistory(many(1))
    load(history)
    assert history.asked_in == {"jobs-history"}


def test_renaming_is_seen_at_once(qtbot: QtBot, load: Load) -> None:
    sessions = load(FakeHistory(many(2)))
    with qtbot.waitSignal(sessions.loaded):
        sessions.rename("s0", "Another name")
    assert titles(sessions) == ["Another name", "Session 1"]


def test_a_history_that_fails_says_so_and_keeps_the_list(qtbot: QtBot, load: Load) -> None:
    class Full(FakeHistory):
        def rename(self, session_id: str, title: str) -> None:
            raise StorageError("The disk is full.")

    sessions = load(Full(many(1)))
    told: list[str] = []
    sessions.failed.connect(told.append)
    sessions.rename("s0", "Another name")
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["The disk is full."]
    assert titles(sessions) == ["Session 0"]


def test_a_row_gives_what_to_sort_by_and_what_to_read_out(load: Load) -> None:
    sessions = load(FakeHistory(many(1)))
    index = sessions.index(0)
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert isinstance(index.data(SessionRole.CREATED), float)
    assert str(spoken).startswith("Session 0. ")
    assert str(spoken).endswith("· 2 models")


def test_what_did_not_finish_says_how_far_it_came() -> None:
    now = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    summary = SessionSummary(
        id="a",
        title="A",
        created=now,
        kind="compare",
        status="interrupted",
        contenders=("x", "y"),
        n_replies=5,
        n_jobs=9,
    )
    assert facts(summary, now).endswith("· interrupted, 5 of 9")
    partly = msgspec.structs.replace(summary, n_failed=2)
    assert facts(partly, now).endswith("· interrupted, 3 of 9")
    failed = msgspec.structs.replace(summary, status="finished", n_failed=5)
    assert facts(failed, now).endswith("· failed")
