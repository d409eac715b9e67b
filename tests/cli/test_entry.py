"""`python main.py` as a process: help, wrong usage, faults."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cli import failures
from cli.app import run
from engine.errors import LoadError
from tests.cli.conftest import ROOT, RunMain

HELP_LIMIT_S = 0.3
HEAVY = {
    "sqlalchemy",
    "alembic",
    "numpy",
    "PySide6",
    "huggingface_hub",
    "llama_cpp",
    "rich",
    "psutil",
}
COMMANDS = ("demo", "compare", "bench", "fidelity", "suite", "cost", "doctor", "models", "sessions")


def test_help_lists_every_command(run_main: RunMain) -> None:
    shown = run_main("--help")
    assert shown.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in shown.stdout


def test_help_comes_at_once(run_main: RunMain) -> None:
    """In processor time, which others on this machine do not lengthen; the best of five."""
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run_main("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < HELP_LIMIT_S


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['main.py', '--help']; import main; main.main();"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)"
    )
    tried = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert tried.stderr.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, run_main: RunMain) -> None:
    shown = run_main(command, "--help")
    assert shown.returncode == 0
    assert "--help" in shown.stdout


def test_the_version_is_told(run_main: RunMain) -> None:
    shown = run_main("--version")
    assert shown.stdout.startswith("Steelyard ")
    assert shown.returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("comapre",),
        ("compare",),
        ("compare", "nowhere.gguf", "-p", "Hi"),
        ("compare", "x.gguf", "-t", "0"),
        ("compare", "x.gguf", "-fa", "maybe"),
        ("bench",),
        ("bench", "nowhere.gguf"),
        ("bench", "x.gguf", "-p", "1-"),
        ("bench", "x.gguf", "-o", "xml"),
        ("sessions", "show"),
        ("sessions", "list", "--limit", "0"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence_on_standard_error(
    arguments: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip()
    assert "Traceback" not in captured.err


def test_a_fault_of_the_world_ends_with_1_and_its_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.touch()
    assert run(("sessions", "list")) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert str(home) in captured.err


def test_a_file_that_is_no_model_ends_with_1(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "novel.gguf"
    file.write_text("It was a dark and stormy night.", encoding="utf-8")
    assert run(("compare", str(file), "-p", "Hi")) == 1
    assert "novel.gguf" in capsys.readouterr().err


def test_a_fault_of_our_own_is_an_apology_with_70(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> int:
        raise ZeroDivisionError("one over zero")

    assert failures.guarded(broken) == 70
    error = capsys.readouterr().err
    assert "STEELYARD_DEBUG=1" in error
    assert "Traceback" not in error


def test_its_traceback_is_shown_on_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    monkeypatch.setenv("STEELYARD_DEBUG", "1")
    assert failures.guarded(broken) == 70
    assert "Traceback" in capsys.readouterr().err


def test_control_characters_of_an_error_never_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused() -> int:
        raise LoadError("llama.cpp said \x1b]0;owned\x07")

    assert failures.guarded(refused) == 1
    assert not {"\x1b", "\x07"} & set(capsys.readouterr().err)


def test_a_second_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    def left() -> int:
        raise KeyboardInterrupt

    assert failures.guarded(left) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_reader_that_leaves_is_no_fault_of_ours(home: Path) -> None:
    tried = subprocess.run(
        f"{sys.executable} {ROOT / 'main.py'} compare --help | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in tried.stderr
    assert "BrokenPipe" not in tried.stderr


def test_lists_are_pure_json(run_main: RunMain) -> None:
    assert json.loads(run_main("sessions", "list", "--json").stdout) == []
