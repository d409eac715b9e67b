"""Numbers that no run can take are wrong usage, said before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.app import run
from cli.failures import EXIT_WRONG_USAGE, guarded
from engine.errors import PlanError

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    "command",
    [
        ("compare", "a.gguf", "-p", "Hello"),
        ("suite", "a.gguf", "b.gguf", "--ready", "arithmetic"),
        ("fidelity", "a.gguf", "b.gguf", "--bundled", "english"),
        ("diverge", "a.gguf", "b.gguf", "-p", "Hello"),
        ("bench", "a.gguf"),
        ("demo",),
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("threads", ["999999999999", "513", "0"])
def test_absurd_threads_are_wrong_usage(
    command: tuple[str, ...], threads: str, home: Path, capsys: Capture
) -> None:
    assert run((*command, "-t", threads)) == EXIT_WRONG_USAGE
    assert "-t" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--ctx", "--chunks", "--max-tokens", "--until"])
def test_what_no_fidelity_run_can_take_is_wrong_usage(
    option: str, home: Path, capsys: Capture
) -> None:
    assert run(("fidelity", "a.gguf", "b.gguf", option, "9" * 20)) == EXIT_WRONG_USAGE
    assert option in capsys.readouterr().err


def test_a_plan_that_the_engine_refuses_is_wrong_usage(capsys: Capture) -> None:
    def refuse() -> int:
        raise PlanError("n_batch must be from 1 to 5, not 7.")

    assert guarded(refuse) == EXIT_WRONG_USAGE
    assert "n_batch" in capsys.readouterr().err
