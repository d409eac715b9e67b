"""What engine.contract.Recorder promises, asked of the recorder over a database."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from engine.contract import (
    Case,
    Findings,
    Measured,
    Message,
    Plan,
    Recorder,
    Session,
    SessionKind,
    SessionStatus,
    SpeedTest,
)
from engine.errors import StorageError
from storage.history import History
from storage.recorder import TITLE_LENGTH
from tests.storage import samples
from tests.storage.strategies import sessions

SPEED = Measured(
    contender="model 0",
    runtime=samples.RUNTIME,
    test=SpeedTest(n_gen=8),
    measured_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    samples_ns=(1_000_000,),
)


@pytest.fixture
def recorder(history: History) -> Recorder:
    return history.recorder()


def begin(recorder: Recorder, plan: Plan) -> str:
    return recorder.begin(plan, samples.ENVIRONMENT)


def test_a_begun_session_is_there_at_once(history: History, recorder: Recorder) -> None:
    plan = samples.plan(contenders=3, cases=2, repeats=2, title="Three at once")
    session = history.session(begin(recorder, plan))
    assert session.plan() == plan
    assert session.environment == samples.ENVIRONMENT
    assert session.status == "running"
    assert session.replies == ()


def test_replies_come_back_equal_and_in_their_order(history: History, recorder: Recorder) -> None:
    session = begin(recorder, samples.plan(contenders=2, repeats=2))
    replies = tuple(samples.reply(f"model {i}", repeat=repeat) for repeat in (1, 0) for i in (1, 0))
    for reply in replies:
        recorder.record(session, reply)
    assert history.session(session).replies == replies


def test_a_reply_to_the_same_job_replaces_the_earlier_one(
    history: History, recorder: Recorder
) -> None:
    session = begin(recorder, samples.plan())
    recorder.record(session, samples.reply(text="half", finish_reason="error"))
    recorder.record(session, samples.reply("model 1"))
    recorder.record(session, samples.reply(text="whole"))
    replies = history.session(session).replies
    assert [reply.text for reply in replies] == ["whole", samples.reply().text]
    assert replies[0].finish_reason == "stop"


@pytest.mark.parametrize("status", ["finished", "stopped", "interrupted"])
def test_an_ended_session_has_its_status(
    history: History, recorder: Recorder, status: SessionStatus
) -> None:
    session = begin(recorder, samples.plan())
    recorder.end(session, status)
    assert history.session(session).status == status
    assert history.sessions()[0].status == status


def test_a_stopped_session_is_resumed_with_what_it_has(
    history: History, recorder: Recorder
) -> None:
    session = begin(recorder, samples.plan())
    recorder.record(session, samples.reply())
    recorder.end(session, "stopped")
    recorder.resume(session)
    assert history.session(session).status == "running"
    recorder.record(session, samples.reply("model 1"))
    assert len(history.session(session).replies) == 2


def test_a_running_session_is_not_resumed(recorder: Recorder) -> None:
    session = begin(recorder, samples.plan())
    with pytest.raises(StorageError, match="still running"):
        recorder.resume(session)


def test_a_session_deleted_during_its_run_takes_no_more_replies(
    history: History, recorder: Recorder
) -> None:
    session = begin(recorder, samples.plan())
    history.delete(session)
    with pytest.raises(StorageError, match="no longer in the history"):
        recorder.record(session, samples.reply())
    for late in (recorder.resume, lambda session: recorder.end(session, "finished")):
        with pytest.raises(StorageError, match="no longer in the history"):
            late(session)


def test_a_reply_of_an_unknown_contender_is_refused(recorder: Recorder) -> None:
    session = begin(recorder, samples.plan())
    with pytest.raises(StorageError, match="no such contender"):
        recorder.record(session, samples.reply("somebody else"))


def test_a_plan_without_a_title_is_called_by_its_first_question(
    history: History, recorder: Recorder
) -> None:
    question = "Explain\n  why " + "the sky is blue " * 20
    messages = (Message(role="system", content="Be brief."), Message(role="user", content=question))
    plan = msgspec.structs.replace(samples.plan(), cases=(Case(id="1", messages=messages),))
    title = history.session(begin(recorder, plan)).title
    assert title.startswith("Explain why the sky is blue the sky")
    assert title.endswith("…")
    assert len(title) <= TITLE_LENGTH


def test_a_plan_that_asks_nothing_is_called_by_its_contenders(
    history: History, recorder: Recorder
) -> None:
    plan = msgspec.structs.replace(samples.plan(), cases=())
    assert history.session(begin(recorder, plan)).title == "model 0 / model 1"


def test_text_that_is_not_unicode_is_refused_with_a_sentence(recorder: Recorder) -> None:
    plan = msgspec.structs.replace(samples.plan(), cases=(samples.case("1", "\udcff"),))
    with pytest.raises(StorageError, match="cannot be kept there"):
        begin(recorder, plan)


def test_the_kind_of_a_session_is_kept(history: History) -> None:
    session = begin(history.recorder("suite"), samples.plan())
    assert history.session(session).kind == "suite"


@pytest.mark.parametrize("kind", ["bench", "fidelity"])
@pytest.mark.parametrize("status", ["stopped", "finished"])
def test_a_measurement_that_came_to_nothing_is_not_kept(
    history: History, kind: SessionKind, status: SessionStatus
) -> None:
    recorder = history.recorder(kind)
    recorder.end(begin(recorder, samples.plan()), status)
    assert history.sessions() == ()
    assert history.problems() == ()


def test_a_measurement_that_was_stopped_with_figures_is_kept(history: History) -> None:
    recorder = history.recorder("bench")
    session = begin(recorder, samples.plan())
    recorder.keep(session, Findings(speeds=(SPEED,)))
    recorder.end(session, "stopped")
    assert history.session(session).speeds == (SPEED,)


def test_a_comparison_without_a_reply_is_kept_for_it_can_be_resumed(
    history: History, recorder: Recorder
) -> None:
    session = begin(recorder, samples.plan())
    recorder.end(session, "stopped")
    assert history.session(session).status == "stopped"


@given(sessions())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_whatever_is_recorded_is_read_back_equal(history: History, whole: Session) -> None:
    recorder = history.recorder(whole.kind)
    session = recorder.begin(whole.plan(), whole.environment)
    for reply in whole.replies:
        recorder.record(session, reply)
    recorder.keep(session, msgspec.convert(whole, Findings, from_attributes=True))
    found = history.session(session)
    expected = msgspec.structs.replace(
        whole,
        id=session,
        created=found.created,
        title=found.title,
        status="running",
        notes="",
        tags=(),
        starred=False,
    )
    assert found == expected
    assert not whole.title or found.title == whole.title
