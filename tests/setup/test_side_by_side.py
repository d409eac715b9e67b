"""All tests run in two processes, as if in one: none is left out, and a failure in either counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.side_by_side import PARTS, ROOT

PASSES = "print('nothing is wrong')"
FAILS = "raise SystemExit('what went wrong')"
RUN = "import sys; from tests.side_by_side import run; sys.exit(run({}, (sys.executable, '-c')))"


def run_parts(first: str, second: str) -> subprocess.CompletedProcess[str]:
    """Two parts that are a line of Python each, in place of pytest's arguments."""
    code = RUN.format(((first,), (second,)))
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_the_second_part_is_all_that_the_first_leaves_out() -> None:
    first, second = PARTS
    assert second == tuple(f"--ignore={folder}" for folder in first)
    assert all((ROOT / folder).is_dir() for folder in first)


def test_what_passes_in_both_parts_passes() -> None:
    ran = run_parts(PASSES, PASSES)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("nothing is wrong\n") == 2
    assert ran.stdout.endswith("All passed.\n")


@pytest.mark.parametrize(("first", "second"), [(FAILS, PASSES), (PASSES, FAILS), (FAILS, FAILS)])
def test_a_failure_in_either_part_is_shown_and_fails_the_whole(first: str, second: str) -> None:
    ran = run_parts(first, second)
    assert ran.returncode == 1
    assert "what went wrong" in ran.stdout + ran.stderr
    assert ran.stdout.count("nothing is wrong\n") == (first, second).count(PASSES)
    assert ran.stdout.endswith("Something failed: see the summaries above.\n")
