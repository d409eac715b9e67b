from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from engine.contract import (
    Case,
    Contender,
    DeviceUse,
    FidelityTask,
    Lora,
    Message,
    PromptsSource,
    Runtime,
    Session,
    TextFileSource,
)
from storage.document import dump
from storage.exports.redaction import LEFT_OUT, NOTHING, Omit, without
from tests.storage import found, samples
from tests.storage.strategies import sessions

FOLDER = "/home/somebody/secret models"


def session() -> Session:
    model = msgspec.structs.replace(
        samples.contender("m").model, path=f"{FOLDER}/m.gguf", file="m.gguf"
    )
    contender = Contender(
        name="m",
        model=model,
        runtime=Runtime(
            rpc_servers=("workstation7:50052",), loras=(Lora(path=f"{FOLDER}/tuned.gguf"),)
        ),
    )
    case = Case(
        id="1",
        messages=(
            Message(role="system", content="You work for Somebody Ltd."),
            Message(role="user", content="What is in /home/somebody/secret models?"),
        ),
    )
    runtime = msgspec.structs.replace(
        samples.RUNTIME, devices=(DeviceUse(name="RPC0[workstation7:50052]"),)
    )
    failed = msgspec.structs.replace(
        samples.reply("m", "1", text="It is in /home/somebody."),
        error=f"{FOLDER}/m.gguf cannot be read.",
        log=(f"llama: loading {FOLDER}/m.gguf", f"home is {Path.home()}"),
        runtime=runtime,
    )
    plan = msgspec.structs.replace(samples.plan(), contenders=(contender,), cases=(case,))
    return msgspec.structs.replace(samples.session(plan, failed), notes="They pay late.")


def test_nothing_is_left_out_unasked() -> None:
    assert without(session(), NOTHING) == session()


def test_system_prompts_are_left_out_and_the_rest_stays() -> None:
    shown = without(session(), Omit(system_prompts=True))
    assert [m.content for m in shown.cases[0].messages] == [
        LEFT_OUT,
        "What is in /home/somebody/secret models?",
    ]
    assert msgspec.structs.replace(shown, cases=session().cases) == session()


def test_notes_are_left_out() -> None:
    assert without(session(), Omit(notes=True)) == msgspec.structs.replace(session(), notes="")


def test_paths_and_addresses_are_left_out_but_not_of_what_was_said() -> None:
    shown = without(session(), Omit(paths=True))
    (reply,) = shown.replies
    assert reply.text == "It is in /home/somebody."
    assert reply.error == "m.gguf cannot be read."
    assert reply.log == ()
    assert shown.contenders[0].model.path == "m.gguf"
    assert shown.contenders[0].runtime.loras[0].path == "tuned.gguf"
    said = msgspec.structs.replace(
        shown, cases=(), replies=(msgspec.structs.replace(reply, text=""),)
    )
    for secret in (b"secret models", b"workstation7", str(Path.home()).encode() + b"/"):
        assert secret not in dump(said)


def test_paths_of_windows_are_left_out_too() -> None:
    model = msgspec.structs.replace(samples.contender("m").model, path=r"C:\Users\me\m.gguf")
    plan = msgspec.structs.replace(samples.plan(), contenders=(Contender(name="m", model=model),))
    assert without(samples.session(plan), Omit(paths=True)).contenders[0].model.path == "m.gguf"


@given(sessions())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_session_can_be_handed_over(any_session: Session) -> None:
    shown = without(any_session, Omit(system_prompts=True, paths=True, notes=True))
    assert len(shown.replies) == len(any_session.replies)


@pytest.mark.parametrize("kind", [TextFileSource, PromptsSource])
def test_the_place_of_what_a_fidelity_run_read_is_left_out_with_paths(
    kind: type[TextFileSource | PromptsSource],
) -> None:
    source = kind(path="/srv/very private/notes.txt", sha256="0" * 64, size_bytes=9)
    task = FidelityTask(source=source, name="notes.txt", until=0.01)
    run = msgspec.structs.replace(found.fidelity(), fidelity_task=task)
    assert b"very private" in dump(without(run, Omit(notes=True)))
    shown = without(run, Omit(paths=True))
    assert b"very private" not in dump(shown)
    left = msgspec.structs.replace(source, path="notes.txt")
    assert shown.fidelity_task == msgspec.structs.replace(task, source=left)
