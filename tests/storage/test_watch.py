from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.history import History
from storage.watch import Watch
from tests.storage import samples
from tests.storage.processes import next_line, recording


@pytest.fixture
def watch(history: History) -> Iterator[Watch]:
    opened = history.watch()
    opened.changed()
    yield opened
    opened.close()


def test_nothing_has_changed_until_something_is_committed(history: History, watch: Watch) -> None:
    assert not watch.changed()
    history.sessions()
    assert not watch.changed()
    session = history.recorder().begin(samples.plan(), samples.ENVIRONMENT)
    assert watch.changed()
    assert not watch.changed()
    history.delete(session)
    assert watch.changed()


def test_what_another_process_commits_is_seen_at_once(history: History, watch: Watch) -> None:
    with recording(history.path, 1) as process:
        session = next_line(process)
        assert watch.changed()
        assert history.sessions()[0].id == session
