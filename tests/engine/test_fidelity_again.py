"""A recorded fidelity run once more: what it read, and why it cannot be read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from engine.contract import (
    BundledSource,
    FidelitySource,
    PastedSource,
    PromptsSource,
    RepliesSource,
    Reply,
    Session,
    TextFileSource,
)
from engine.errors import PlanError, StorageError
from engine.fidelity_again import fidelity_plan, source_file
from engine.fidelity_plan import FidelityPlan, GivenReply, RepliesPlan
from engine.fidelity_recording import session_plan
from engine.machine import describe_environment
from engine.quality.bundled import bundled_text, read_bundled
from tests.engine.fakes import case, contender

Plan = FidelityPlan | RepliesPlan
MODELS = (contender("A"), contender("B"), contender("C"))


def on_text(
    source: BundledSource | TextFileSource | PastedSource, text: str = "A text."
) -> FidelityPlan:
    return FidelityPlan(
        reference=MODELS[0],
        candidates=MODELS[1:],
        text=text,
        text_name="text.txt",
        n_ctx=64,
        max_chunks=3,
        until=0.01,
        noise_floor=False,
        source=source,
    )


def on_replies(source: PromptsSource | RepliesSource) -> RepliesPlan:
    return RepliesPlan(
        reference=MODELS[0],
        candidates=MODELS[1:],
        cases=(case("1"), case("2")),
        name="prompts.txt",
        max_tokens=77,
        until=0.02,
        source=source,
    )


def recorded(plan: Plan) -> Session:
    """What the history keeps of it."""
    known = session_plan(plan)
    return Session(
        id="20261124-120000-abcdefgh",
        title=known.title or "",
        created=datetime.now(UTC),
        kind="fidelity",
        environment=describe_environment((), None),
        sampling=known.sampling,
        contenders=known.contenders,
        cases=known.cases,
        fidelity_task=known.fidelity_task,
    )


def answered(*cases: str) -> Session:
    """A session in which A answered these cases."""
    replies = tuple(
        Reply(contender="A", case=each, repeat=0, text=f"To {each}.", finish_reason="stop")
        for each in cases
    )
    plan = on_replies(RepliesSource(session="other"))
    return msgspec.structs.replace(recorded(plan), id="other", kind="compare", replies=replies)


def nothing_else(session_id: str) -> Session:
    raise StorageError(f"There is no session {session_id}.")


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffÄ text.\r\nOf two lines.\n".encode())
    return path


def test_a_bundled_text_is_read_again_with_the_same_limits() -> None:
    plan = on_text(BundledSource(name="code"), read_bundled(bundled_text("code")))
    assert fidelity_plan(recorded(plan), nothing_else) == plan


def test_a_text_file_that_is_as_it_was_is_read_as_it_was(text_file: Path) -> None:
    plan = on_text(
        source_file(TextFileSource, text_file), text_file.read_text(encoding="utf-8-sig")
    )
    assert fidelity_plan(recorded(plan), nothing_else) == plan


def test_prompts_are_asked_again_also_where_their_file_has_changed(text_file: Path) -> None:
    plan = on_replies(source_file(PromptsSource, text_file))
    text_file.unlink()
    assert fidelity_plan(recorded(plan), nothing_else) == plan


def test_the_same_replies_of_a_session_are_measured_again() -> None:
    plan = on_replies(RepliesSource(session="other"))
    again = fidelity_plan(recorded(plan), {"other": answered("1", "2", "3")}.__getitem__)
    given = {"1": GivenReply(text="To 1."), "2": GivenReply(text="To 2.")}
    assert again == msgspec.structs.replace(plan, replies=given)


def test_a_relative_path_is_kept_whole(text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(text_file.parent)
    source = source_file(TextFileSource, Path(text_file.name))
    assert (source.path, source.size_bytes) == (str(text_file), len(text_file.read_bytes()))


def gone(path: Path) -> None:
    path.unlink()


def changed(path: Path) -> None:
    path.write_text("Another text.", encoding="utf-8")


@pytest.mark.parametrize(
    ("happens", "words"),
    [(gone, "cannot be read: No such file"), (changed, "is no longer the text that was measured")],
)
def test_a_text_file_that_is_not_as_it_was_is_named(
    happens: Callable[[Path], None], words: str, text_file: Path
) -> None:
    session = recorded(on_text(source_file(TextFileSource, text_file)))
    happens(text_file)
    with pytest.raises(PlanError) as refused:
        fidelity_plan(session, nothing_else)
    assert str(refused.value).startswith(f"{text_file} {words}")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (PastedSource(), "was pasted"),
        (RepliesSource(session="gone"), "There is no session gone."),
        (RepliesSource(session="other"), "Session other has no reply to “2” any more"),
        (None, "does not tell what its models were compared on"),
    ],
)
def test_what_cannot_be_read_again_is_told(source: FidelitySource | None, words: str) -> None:
    known = {"other": answered("1")}
    plan: Plan = (
        on_replies(source) if isinstance(source, RepliesSource) else on_text(PastedSource())
    )
    session = recorded(plan)
    if source is None:
        session = msgspec.structs.replace(session, fidelity_task=None)
    with pytest.raises(PlanError, match=words):
        fidelity_plan(session, lambda one: known[one] if one in known else nothing_else(one))
