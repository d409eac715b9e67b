from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.contract import Session
from gui.jobs import Jobs
from gui.pages import Page, SessionView
from gui.sessions.opener import SessionOpener
from tests.gui.acting import two_prompts
from tests.gui.fakes import FakeHistory, session_of

COMPARED = session_of(two_prompts(), [], session_id="compared")
SUITE = msgspec.structs.replace(COMPARED, id="suite", kind="suite")
BENCHED = msgspec.structs.replace(COMPARED, id="benched", kind="bench")


class Place:
    """A page that writes down what it is given."""

    def __init__(self, *kinds: str) -> None:
        self.taken: list[tuple[str, str]] = []
        self.busy = ""
        self.widget = QWidget()
        view = SessionView(
            kinds=kinds,  # type: ignore[arg-type]  # kinds of sessions
            why_not=lambda: self.busy,
            show=lambda session: self._take("show", session),
            resume=lambda session: self._take("resume", session),
            again=(lambda session: self._take("again", session)) if "compare" in kinds else None,
        )
        self.page = Page("x", "X", "X", self.widget, self.widget.setFocus, sessions=(view,))

    def _take(self, use: str, session: Session) -> None:
        self.taken.append((use, session.id))


@pytest.fixture
def places(qtbot: QtBot) -> Iterator[tuple[Place, Place]]:
    made = Place("compare"), Place("suite", "fidelity")
    yield made
    for place in made:
        place.widget.deleteLater()


@pytest.fixture
def shown() -> list[QWidget]:
    return []


@pytest.fixture
def opener(
    jobs: Jobs, places: tuple[Place, Place], shown: list[QWidget]
) -> Iterator[SessionOpener]:
    made = SessionOpener(jobs, [place.page for place in places], shown.append)
    made.use(FakeHistory([COMPARED, SUITE, BENCHED]))
    yield made
    made.deleteLater()


def test_a_session_opens_on_the_page_of_its_kind(
    qtbot: QtBot, opener: SessionOpener, places: tuple[Place, Place], shown: list[QWidget]
) -> None:
    compare, quality = places
    opener.open("suite")
    qtbot.waitUntil(lambda: quality.taken == [("show", "suite")])
    opener.resume("compared")
    qtbot.waitUntil(lambda: compare.taken == [("resume", "compared")])
    assert shown == [quality.widget, compare.widget]


def test_a_kind_that_no_page_claims_is_shown_by_the_first_and_only_shown(
    qtbot: QtBot, opener: SessionOpener, places: tuple[Place, Place]
) -> None:
    opener.open("benched")
    qtbot.waitUntil(lambda: places[0].taken == [("show", "benched")])
    with qtbot.waitSignal(opener.refused) as refused:
        opener.run_again("benched")
    assert refused.args == [opener.why_not("again", "bench")]
    assert len(places[0].taken) == 1


def test_what_a_page_cannot_do_is_told_before_it_is_asked_for(opener: SessionOpener) -> None:
    assert not opener.why_not("again", "compare")
    assert "cannot be run again" in opener.why_not("again", "suite")


def test_a_page_that_is_busy_says_why_and_is_left_alone(
    qtbot: QtBot, opener: SessionOpener, places: tuple[Place, Place], shown: list[QWidget]
) -> None:
    places[0].busy = "Stop the comparison first."
    with qtbot.waitSignal(opener.refused) as refused:
        opener.open("compared")
    assert refused.args == ["Stop the comparison first."]
    assert not places[0].taken
    assert not shown


def test_a_session_that_is_gone_is_told(qtbot: QtBot, opener: SessionOpener) -> None:
    with qtbot.waitSignal(opener.refused) as refused:
        opener.open("nothing")
    assert refused.args == ["There is no session nothing."]
