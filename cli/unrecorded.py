"""A run that the history did not take, offered for export while it is still there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from cli.terminal import clean_line, complain
from engine.contract import Session
from engine.errors import SteelyardError
from storage.export import export_sessions

_QUESTION: Final = (
    "The history did not take all of this run. A file to keep it in (.json keeps everything), or Enter to go"
    " without: "
)


def offer_export(session: Session) -> None:
    """Ask until there is a file or the answer is empty; without a terminal what was printed has to do."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    while True:
        print(_QUESTION, end="", file=sys.stderr, flush=True)
        name = sys.stdin.readline().strip()
        if not name:
            return
        path = Path(name).expanduser()
        if path.exists():
            complain(clean_line(f"{path} is there already. Name another file."))
            continue
        try:
            export_sessions([session], path)
        except SteelyardError as fault:
            complain(clean_line(str(fault)))
            continue
        complain(clean_line(f"Session {session.id} was written to {path}."))
        return
