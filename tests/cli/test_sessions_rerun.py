"""A recorded comparison run once more from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec
import pytest

from cli.again import command_again
from cli.bench import Benches
from cli.sessions_rerun import changed_plan, rerun
from cli.sessions_rerun_options import ChangeOptions
from cli.usage import WrongUsage
from engine.contract import (
    FidelityText,
    ModelFile,
    Plan,
    Sampling,
    Session,
    SessionKind,
    SpeedTest,
)
from engine.quality.bundled import bundled_text
from engine.speed import SpeedPlan
from engine.speed_recording import session_plan
from storage.folders import database_path
from storage.history import History
from tests.cli.conftest import describe_nothing
from tests.cli.fakes import scripted
from tests.cli.test_bench import FakeSpeeds
from tests.storage import found, samples

pytestmark = pytest.mark.usefixtures("home")

ModelFiles = Callable[..., list[str]]


@pytest.fixture
def session(home: Path) -> Session:
    planned = samples.plan(contenders=2, cases=2, title="Steelyards")
    with History.open(database_path()) as history:
        recorder = history.recorder()
        made = recorder.begin(planned, samples.ENVIRONMENT)
        recorder.end(made, "finished")
        return history.session(made)


def newest() -> Session:
    with History.open(database_path()) as history:
        return history.session(history.sessions(1)[0].id)


def again(session: Session, **changes: object) -> int:
    return rerun(
        session.id,
        ChangeOptions(**changes),  # type: ignore[arg-type]  # its fields
        make_bench=scripted("Yes."),  # type: ignore[arg-type]  # a bench of this test
        describe_model=describe_nothing,
    )


def test_a_session_is_run_once_more_as_it_was(session: Session) -> None:
    assert again(session) == 0
    made = newest()
    assert made.id != session.id
    assert made.plan() == session.plan()
    assert len(made.replies) == 4


def test_models_are_swapped_added_and_left_out(session: Session, model_files: ModelFiles) -> None:
    swapped, added = model_files("other", "third")
    again(session, swap=[f"model 0={swapped}"], add=[Path(added)], without=["model 1"])
    made = newest()
    assert [each.name for each in made.contenders] == ["other", "third"]
    assert made.contenders[0].runtime == session.contenders[0].runtime
    assert made.cases == session.cases


def test_settings_change_for_all_contenders(session: Session) -> None:
    settings = ["temperature=0.7", "threads=3", "n_gpu_layers=auto", "repeats=2", 'stop=["\\n"]']
    again(session, settings=settings, title="Warmer")
    made = newest()
    assert (made.title, made.repeats) == ("Warmer", 2)
    assert (made.sampling.temperature, made.sampling.stop) == (0.7, ("\n",))
    assert {each.runtime.threads for each in made.contenders} == {3}
    assert {each.runtime.n_gpu_layers for each in made.contenders} == {"auto"}


def test_a_contenders_own_sampling_changes_too(session: Session) -> None:
    own = msgspec.structs.replace(session.contenders[0], sampling=Sampling(temperature=1.0))
    session = msgspec.structs.replace(session, contenders=(own, *session.contenders[1:]))
    plan = changed_plan(session, ChangeOptions(settings=["seed=7"]), describe_nothing)
    assert plan.contenders[0].sampling == Sampling(temperature=1.0, seed=7)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"swap": ["nobody=x.gguf"]}, "no contender “nobody”"),
        ({"without": ["nobody"]}, "no contender “nobody”"),
        ({"without": ["model 0", "model 1"]}, "No contender is left"),
        ({"settings": ["temperature"]}, "KEY=VALUE"),
        ({"settings": ["heat=1"]}, "KEY=VALUE"),
        ({"settings": ["threads=many"]}, "does not fit threads"),
        ({"settings": ["threads=-3"]}, "threads must be from 1"),
        ({"settings": ["n_batch=-5"]}, "n_batch must be from 1"),
        ({"settings": ["max_tokens=-5", "repeats=1"]}, "max_tokens must be from 1"),
        ({"settings": ["repeats=0"]}, "repeats must be from 1"),
        ({"add": [Path("nowhere.gguf")]}, "There is no file"),
    ],
)
def test_wrong_changes_are_told(session: Session, changes: dict[str, object], words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        again(session, **changes)


FILES: Final = "'/models/model 0-Q4_1.gguf' '/models/model 1-Q4_1.gguf'"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("suite", "main.py suite {files} --from-session {id}"),
        ("fidelity", "fidelity {files}, with the text or prompts that"),
    ],
)
def test_what_another_command_runs_is_told_with_that_command(kind: SessionKind, words: str) -> None:
    made = recorded(kind, samples.plan())
    with pytest.raises(WrongUsage) as refused:
        again(made)
    assert words.format(id=made.id, files=FILES) in str(refused.value)


@pytest.mark.parametrize(
    ("scored", "name", "sha256", "words"),
    [
        ("text", "English prose", bundled_text("english").sha256, "--bundled english --ctx 512"),
        ("text", "my notes.txt", "0", "--text 'my notes.txt' --ctx 512"),
        ("replies", "mine.txt", "0", "--prompts mine.txt"),
        ("replies", "Demo", "0", "prompts that its title names: “What is a steelyard?”"),
        ("replies", "session 20261124-120000-abcdefgh", "0", "--session 20261124-120000-abcdefgh"),
    ],
)
def test_a_fidelity_run_is_told_with_what_it_was_measured_on(
    scored: Literal["text", "replies"], name: str, sha256: str, words: str
) -> None:
    before = found.fidelity().fidelity
    assert before is not None
    document = msgspec.structs.replace(
        before,
        scored=scored,
        n_ctx=512,
        text=FidelityText(name=name, sha256=sha256, size_bytes=1),
    )
    session = msgspec.structs.replace(samples.session(), kind="fidelity", fidelity=document)
    assert command_again(session).endswith(words)


def recorded(kind: SessionKind, plan: Plan) -> Session:
    with History.open(database_path()) as history:
        return history.session(history.recorder(kind=kind).begin(plan, samples.ENVIRONMENT))


SPEEDS: Final = SpeedPlan(
    contenders=samples.plan().contenders, tests=(SpeedTest(n_gen=8), SpeedTest(n_prompt=32))
)


def measure_again(session: Session, **changes: object) -> FakeSpeeds:
    speeds = FakeSpeeds()
    assert (
        rerun(
            session.id,
            ChangeOptions(**changes),  # type: ignore[arg-type]  # its fields
            make_benches=lambda _: Benches(speed=speeds, environment=samples.ENVIRONMENT),
            describe_model=describe_nothing,
        )
        == 0
    )
    return speeds


def test_a_speed_run_that_was_killed_is_measured_again_as_it_was() -> None:
    made = recorded("bench", session_plan(SPEEDS))
    measure_again(made)
    measured = newest()
    assert measured.id != made.id
    assert measured.tests == made.tests == SPEEDS.tests
    assert [(each.contender, each.test) for each in measured.speeds] == [
        (contender.name, test) for contender in SPEEDS.contenders for test in SPEEDS.tests
    ]


def test_a_speed_run_is_measured_again_with_changes() -> None:
    made = recorded("bench", session_plan(SPEEDS))
    settings = ["threads=3", "repeats=2"]
    speeds = measure_again(made, without=["model 0"], settings=settings, title="Fewer")
    assert [(each.name, each.runtime.threads) for each in speeds.asked] == [("model 1", 3)]
    assert len(newest().speeds[0].samples_ns) == 2
    assert newest().title == "Fewer"


def describe_far_away(path: Path) -> ModelFile:
    raise AssertionError(path)


def test_models_that_stay_are_not_read_again(session: Session) -> None:
    plan = changed_plan(session, ChangeOptions(), describe_far_away)
    assert plan.contenders == session.contenders
