"""A recorded comparison run once more from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cli.sessions_rerun import changed_plan, rerun
from cli.sessions_rerun_options import ChangeOptions
from cli.usage import WrongUsage
from engine.contract import ModelFile, Sampling, Session
from storage.folders import database_path
from storage.history import History
from tests.cli.conftest import describe_nothing
from tests.cli.fakes import scripted
from tests.storage import samples

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


def test_only_comparisons_are_run_again_here(session: Session) -> None:
    with History.open(database_path()) as history:
        recorder = history.recorder(kind="suite")
        suite = recorder.begin(samples.plan(), samples.ENVIRONMENT)
        recorder.end(suite, "finished")
        made = history.session(suite)
    with pytest.raises(WrongUsage, match="is no comparison"):
        again(made)


def describe_far_away(path: Path) -> ModelFile:
    raise AssertionError(path)


def test_models_that_stay_are_not_read_again(session: Session) -> None:
    plan = changed_plan(session, ChangeOptions(), describe_far_away)
    assert plan.contenders == session.contenders
