"""`main.py` started by a Python that has none of the packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="There is no exec on Windows.")


def bare_python(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "main.py", clone)
    return subprocess.run(
        [sys.executable, "-S", str(clone / "main.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_goes_on_with_the_python_that_setting_up_made(tmp_path: Path) -> None:
    own = tmp_path / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text('#!/bin/sh\nprintf "%s|" "$@"\nexit 7\n')
    own.chmod(0o755)
    went_on = bare_python(tmp_path, "compare", "-p", "two words")
    assert went_on.returncode == 7
    assert went_on.stdout == f"{tmp_path / 'main.py'}|compare|-p|two words|"


def test_it_says_what_to_do_before_setting_up(tmp_path: Path) -> None:
    refused = bare_python(tmp_path, "doctor")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "`make setup`" in refused.stderr


def test_an_environment_without_packages_does_not_start_itself_for_ever(tmp_path: Path) -> None:
    own = tmp_path / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.symlink_to(Path(sys.executable).resolve())
    (tmp_path / ".venv" / "pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).resolve().parent}\n"
    )
    shutil.copy(ROOT / "main.py", tmp_path)
    tried = subprocess.run(
        [own, str(tmp_path / "main.py"), "doctor"], capture_output=True, text=True, timeout=60
    )
    assert tried.returncode == 1
    assert "`make setup`" in tried.stderr
