"""Sessions as PDF: printed by a process of its own, because that takes Qt, which the window alone knows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from engine.contract import Session
from engine.errors import StorageError
from storage.document import dump_line
from storage.exports.paper import Paper

ARGUMENT: Final = "--print-report"
"""Tells the program to print: it reads sessions from its standard input, one a line."""

FIRST_PAGE: Final = "first-page"
_MAIN: Final = Path(__file__).resolve().parent.parent.parent / "main.py"


def pdf(sessions: Sequence[Session], paper: Paper) -> bytes:
    return _printed(sessions, paper, "pdf")


def first_page_of(sessions: Sequence[Session], paper: Paper) -> bytes:
    """A picture (PNG) of what the PDF begins with."""
    return _printed(sessions, paper, FIRST_PAGE)


def _printed(sessions: Sequence[Session], paper: Paper, what: str) -> bytes:
    try:
        done = subprocess.run(
            (*_command(), ARGUMENT, what, paper),
            input=b"".join(map(dump_line, sessions)),
            capture_output=True,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise StorageError(f"The process that makes the PDF did not start: {error}.") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"it ended with code {done.returncode}"
        if why.startswith("ImportError"):
            why = f"Qt cannot be loaded ({why}). `doctor` tells what is missing"
        raise StorageError(f"The PDF could not be made: {why.removesuffix('.')}.")
    return done.stdout


def _command() -> tuple[str, ...]:
    return (sys.executable,) if getattr(sys, "frozen", False) else (sys.executable, str(_MAIN))
