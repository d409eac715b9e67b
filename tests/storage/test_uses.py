"""When each model was used last, and how fast it was."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from engine.contract import Session, Timing
from storage.history import History
from storage.uses import Uses
from storage.writing import insert_session
from tests.storage.samples import ENVIRONMENT, RUNTIME, plan, reply, session

CPU = ENVIRONMENT.cpu


def told(
    number: int,
    *speeds: float | None,
    shared: bool = False,
    sha256: str | None = None,
    tokens: int = 40,
    threads: int = 4,
) -> Session:
    """A session, so many days after the first, of two models and these speeds of the first one."""
    whole = session(plan(repeats=max(1, len(speeds))))
    first, second = whole.contenders
    model = msgspec.structs.replace(first.model, sha256=sha256)
    return msgspec.structs.replace(
        whole,
        id=f"session-{number}",
        created=whole.created + timedelta(days=number),
        contenders=(msgspec.structs.replace(first, model=model), second),
        replies=tuple(
            msgspec.structs.replace(
                reply(repeat=repeat),
                timing=Timing(
                    generation_tokens_per_s=speed, generated_tokens=tokens, shared=shared
                ),
                runtime=msgspec.structs.replace(RUNTIME, threads=threads),
            )
            for repeat, speed in enumerate(speeds)
        ),
    )


def keep(history: History, *sessions: Session) -> None:
    with history._database.write() as connection:
        for each in sessions:
            insert_session(connection, each, None)


def test_the_newest_session_tells_when_and_how_fast(history: History) -> None:
    keep(history, told(1, 10.0, 11.0), told(2, 20.0, 40.0, 30.0))
    first, second = history.uses(CPU)
    assert (first.path, first.last_used) == ("/models/model 0-Q4_1.gguf", told(2).created)
    assert (first.generation_tokens_per_s, first.n_replies) == (30.0, 3)
    assert (first.offloaded_layers, first.session) == (0, "session-2")
    assert (second.generation_tokens_per_s, second.n_replies) == (None, 0)


def test_a_session_without_a_speed_leaves_the_one_before(history: History) -> None:
    keep(history, told(1, 10.0), told(2, None), told(3, 99.0, shared=True))
    used = history.uses(CPU)[0]
    assert (used.last_used, used.generation_tokens_per_s) == (told(3).created, 10.0)


def test_replies_of_a_few_tokens_tell_no_speed(history: History) -> None:
    keep(history, told(1, 10.0), told(2, 99.0, 99.0, 99.0, tokens=15), told(3, 99.0, tokens=31))
    assert history.uses(CPU)[0].generation_tokens_per_s == 10.0


def test_two_replies_may_be_long_enough_together(history: History) -> None:
    keep(history, told(1, 10.0, 20.0, tokens=16))
    assert history.uses(CPU)[0].generation_tokens_per_s == 15.0


@pytest.mark.parametrize("threads", [-727379969, 0, 10**6])
def test_impossible_threads_tell_no_speed(threads: int, history: History) -> None:
    keep(history, told(1, 10.0), told(2, 99.0, threads=threads))
    assert history.uses(CPU)[0].generation_tokens_per_s == 10.0


def test_other_machines_do_not_count(history: History) -> None:
    keep(history, told(1, 10.0))
    assert history.uses("another CPU") == ()


def test_models_are_told_apart_by_their_content(history: History) -> None:
    keep(history, told(1, 10.0, sha256="a" * 64), told(2, 20.0, sha256="b" * 64))
    speeds = {use.sha256: use.generation_tokens_per_s for use in history.uses(CPU)}
    assert speeds == {"a" * 64: 10.0, "b" * 64: 20.0, None: None}


def test_what_was_deleted_does_not_count(history: History) -> None:
    keep(history, told(1, 10.0))
    history.discard(["session-1"])
    assert history.uses(CPU) == ()


def test_a_model_is_recognised_by_its_content_else_by_its_place(history: History) -> None:
    keep(history, told(1, 10.0, sha256="a" * 64), told(2, 20.0))
    uses = history.uses(CPU)
    path = "/models/model 0-Q4_1.gguf"

    def speed(paths: list[str], sha256: str | None) -> float | None:
        use = Uses(uses).of(paths, sha256)
        return None if use is None else use.generation_tokens_per_s

    assert speed(["/elsewhere.gguf"], "a" * 64) == 10.0
    assert speed([path], None) == 20.0
    assert speed([path], "b" * 64) == 20.0
    assert speed(["/elsewhere.gguf"], "b" * 64) is None


def test_a_newer_use_without_a_speed_keeps_the_speed_before(history: History) -> None:
    keep(history, told(1, 10.0, sha256="a" * 64), told(2, None, sha256="a" * 64), told(3, None))
    use = Uses(history.uses(CPU)).of(["/models/model 0-Q4_1.gguf"], "a" * 64)
    assert use is not None
    assert (use.last_used, use.generation_tokens_per_s) == (told(3).created, 10.0)
