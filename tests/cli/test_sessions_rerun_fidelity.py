"""A recorded fidelity run once more from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cli.fidelity import fidelity
from cli.fidelity_options import FidelityOptions
from cli.sessions_rerun import rerun
from cli.sessions_rerun_options import ChangeOptions
from cli.usage import WrongUsage
from engine.contract import Plan, PromptsSource, RepliesSource, Reply, Session, SessionKind
from engine.errors import PlanError
from engine.fidelity import FidelityPlan, RepliesPlan
from storage.folders import database_path
from storage.history import History
from tests.cli.conftest import describe_nothing
from tests.cli.fakes import ENVIRONMENT
from tests.cli.test_fidelity import Chunks
from tests.storage import samples

pytestmark = pytest.mark.usefixtures("home")

ModelFiles = Callable[..., list[str]]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("A text of many words.", encoding="utf-8")
    return path


@pytest.fixture
def files(model_files: ModelFiles) -> list[str]:
    return model_files("big", "small", "tiny")


def newest() -> Session:
    with History.open(database_path()) as history:
        return history.session(history.sessions(1)[0].id)


def measured(files: list[str], options: FidelityOptions) -> tuple[FidelityPlan | RepliesPlan, str]:
    """What was run, and the id of its session."""
    bench = Chunks()
    reference, *candidates = map(Path, files)
    fidelity(
        reference,
        candidates,
        options,
        make_bench=lambda: bench,
        describe_model=describe_nothing,
        read_environment=lambda: ENVIRONMENT,
    )
    assert bench.plan is not None
    return bench.plan, newest().id


def again(session_id: str, **changes: object) -> FidelityPlan | RepliesPlan:
    bench = Chunks()
    rerun(
        session_id,
        ChangeOptions(**changes),  # type: ignore[arg-type]  # its fields
        make_fidelity_bench=lambda: bench,
        read_environment=lambda: ENVIRONMENT,
        describe_model=describe_nothing,
    )
    assert bench.plan is not None
    return bench.plan


def test_a_run_on_a_text_file_is_repeated_as_it_was(files: list[str], text: Path) -> None:
    options = FidelityOptions(
        text=text, ctx=64, chunks=3, until=0.01, no_noise_floor=True, threads=3
    )
    plan, made = measured(files, options)
    assert again(made) == plan
    repeated = newest()
    assert (repeated.id != made, repeated.status) == (True, "finished")
    with History.open(database_path()) as history:
        assert repeated.plan() == history.session(made).plan()


def test_a_run_on_a_bundled_text_is_repeated_as_it_was(files: list[str]) -> None:
    plan, made = measured(files, FidelityOptions(bundled="german"))
    assert again(made) == plan


def test_a_run_on_prompts_is_repeated_with_the_prompts_that_were_asked(
    files: list[str], tmp_path: Path
) -> None:
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("One?\nTwo?\nThree?\n", encoding="utf-8")
    plan, made = measured(files, FidelityOptions(prompts=prompts, chunks=2, max_tokens=9))
    prompts.write_text("Another?\n", encoding="utf-8")
    assert isinstance(plan.source, PromptsSource)
    assert again(made) == plan
    changed = again(made, settings=["max_tokens=5"])
    assert changed == msgspec.structs.replace(plan, max_tokens=5)


def recorded(kind: SessionKind, plan: Plan, *replies: Reply) -> Session:
    with History.open(database_path()) as history:
        recorder = history.recorder(kind=kind)
        made = recorder.begin(plan, samples.ENVIRONMENT)
        for reply in replies:
            recorder.record(made, reply)
        recorder.end(made, "finished")
        return history.session(made)


def test_a_run_on_a_sessions_replies_is_repeated_while_that_session_is_there(
    files: list[str],
) -> None:
    asked = samples.plan(contenders=1, cases=2)
    model = msgspec.structs.replace(asked.contenders[0].model, path=files[0])
    asked = msgspec.structs.replace(
        asked, contenders=(msgspec.structs.replace(asked.contenders[0], model=model),)
    )
    answers = [samples.reply(asked.contenders[0].name, case.id) for case in asked.cases]
    answered = recorded("compare", asked, *answers)
    plan, made = measured(files, FidelityOptions(session=answered.id))
    assert plan.source == RepliesSource(session=answered.id)
    assert again(made) == plan
    with History.open(database_path()) as history:
        history.delete(answered.id)
    with pytest.raises(PlanError, match=f"replies of session {answered.id} cannot be measured"):
        again(made)


def test_models_and_settings_of_a_run_are_changed(
    files: list[str], text: Path, model_files: ModelFiles
) -> None:
    _, made = measured(files, FidelityOptions(text=text))
    (other,) = model_files("other")
    settings = ["threads=3", "n_ctx=64", "max_chunks=2", "until=0.5", "noise_floor=false"]
    changed = again(
        made, swap=[f"small={other}"], without=["tiny"], settings=settings, title="Anew"
    )
    assert isinstance(changed, FidelityPlan)
    assert [each.name for each in changed.candidates] == ["other"]
    assert {each.runtime.threads for each in (changed.reference, *changed.candidates)} == {3}
    limits = (changed.n_ctx, changed.max_chunks, changed.until, changed.noise_floor)
    assert limits == (64, 2, 0.5, False)
    assert newest().title == "Anew"


def test_a_text_that_has_changed_is_named_and_nothing_is_run(files: list[str], text: Path) -> None:
    _, made = measured(files, FidelityOptions(text=text))
    text.write_text("Another text.", encoding="utf-8")
    with pytest.raises(PlanError, match=r"text\.txt is no longer the text that was measured"):
        again(made)
    assert newest().id == made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings": ["temperature=1"]}, "one of these keys, not “temperature=1”: until, noise_"),
        ({"settings": ["max_tokens=9"]}, "one of these keys"),
        ({"settings": ["max_chunks=0"]}, "max_chunks must be from 1"),
        ({"settings": ["until=7"]}, "until must be from 0 to 1, not 7"),
        ({"without": ["small", "tiny"]}, "A reference and at least one candidate"),
    ],
)
def test_wrong_changes_are_told(
    changes: dict[str, object], words: str, files: list[str], text: Path
) -> None:
    _, made = measured(files, FidelityOptions(text=text))
    with pytest.raises(WrongUsage, match=words):
        again(made, **changes)
