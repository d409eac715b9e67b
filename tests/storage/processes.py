"""Starts real recording processes and looks at what they left."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def recording(database: Path, n_replies: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A process of recording.py; it is dead afterwards."""
    command = [
        sys.executable,
        "-m",
        "tests.storage.recording",
        str(database),
        str(n_replies),
        *more,
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def rest_of(process: subprocess.Popen[str]) -> list[str]:
    """All further lines; one that was cut off is none."""
    assert process.stdout is not None
    text = process.stdout.read()
    return text[: text.rfind("\n") + 1].split()


def integrity(database: Path) -> list[str]:
    """What SQLite complains about; ["ok"] if nothing."""
    with closing(sqlite3.connect(database)) as connection:
        try:
            checks = connection.execute("PRAGMA integrity_check").fetchall()
            checks += connection.execute("PRAGMA foreign_key_check").fetchall()
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [row[0] for row in checks]
