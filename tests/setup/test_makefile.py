"""`make` lists its own targets, and CI runs what people run."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ["demo", "run", "test", "check", "lint", "bench", "setup", "clean", "help"]

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True)


@needs_make
def test_make_alone_lists_every_target() -> None:
    listed = re.findall(r"^  make (\w+) +\S", make().stdout, re.MULTILINE)
    assert set(TARGETS) <= set(listed)


@needs_make
@pytest.mark.parametrize("target", ["demo", "run", "test", "lint", "bench", "setup"])
def test_every_target_sees_to_the_environment_first(target: str) -> None:
    commands = make("--dry-run", target).stdout.splitlines()
    assert "packaging/setup_env.py app" in commands[0]


@needs_make
def test_a_python_that_is_not_there_is_named() -> None:
    asked = make("PYTHON=no-such-python", "setup")
    assert asked.returncode != 0
    assert "no-such-python was not found" in asked.stderr


def test_ci_runs_make_test_in_a_clean_clone() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "git clone" in script
    assert re.search(r"^make .* test </dev/null$", script, re.MULTILINE)
