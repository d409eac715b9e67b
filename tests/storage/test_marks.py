from __future__ import annotations

import msgspec
import pytest

from engine.contract import Findings, SuiteTerms
from engine.errors import StorageError
from storage.history import History
from tests.storage import samples


@pytest.fixture
def session(history: History) -> str:
    return history.recorder().begin(samples.plan(), samples.ENVIRONMENT)


def test_notes_tags_and_star_are_kept_and_listed(history: History, session: str) -> None:
    history.set_notes(session, "For Mr. Müller\n\nagain in March")
    history.add_tag([session], " for  clients ")
    history.add_tag([session], "a")
    history.add_tag([session], "a")
    history.set_starred([session], starred=True)
    whole = history.session(session)
    assert whole.notes == "For Mr. Müller\n\nagain in March"
    assert whole.tags == ("for clients", "a")
    assert whole.starred
    assert history.sessions()[0].tags == ("for clients", "a")
    assert history.sessions()[0].starred
    history.remove_tag([session], "for clients")
    history.remove_tag([session], "never there")
    history.set_starred([session], starred=False)
    assert history.session(session).tags == ("a",)
    assert not history.session(session).starred


def test_a_tag_without_letters_is_refused(history: History, session: str) -> None:
    with pytest.raises(StorageError, match="tag"):
        history.add_tag([session], " ")


def test_several_sessions_are_marked_at_once_or_none(history: History, session: str) -> None:
    other = history.recorder().begin(samples.plan(), samples.ENVIRONMENT)
    history.add_tag([session, other], "both")
    assert all(summary.tags == ("both",) for summary in history.sessions())
    with pytest.raises(StorageError):
        history.set_starred([session, "nothing"], starred=True)
    assert not history.session(session).starred


def test_what_was_found_is_kept_beside_the_replies_and_replaces_what_was_found_before(
    history: History, session: str
) -> None:
    history.recorder().record(session, samples.reply())
    before = history.session(session)
    first = Findings(suite=SuiteTerms(name="mine", margin=0.05), scores=(samples.score(),))
    overruled = msgspec.structs.replace(samples.score(), passed=True)
    history.keep(session, first)
    history.keep(session, Findings(scores=(overruled,)))
    assert history.session(session) == msgspec.structs.replace(
        before, suite=first.suite, scores=(overruled,)
    )
    with pytest.raises(StorageError, match="elsewhere"):
        history.keep("elsewhere", first)
