"""The history for runs that measure: one that cannot be written is told once and never ends a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.history import open_history
from cli.program import program_name
from cli.terminal import clean_line, complain
from engine.contract import Recorder, SessionKind
from engine.errors import StorageError
from storage.history import History


@contextmanager
def measurement_recorder(kind: SessionKind, *, wanted: bool) -> Iterator[Recorder | None]:
    """None where nothing is to be recorded or nothing can be."""
    history = _open_or_tell() if wanted else None
    if history is None:
        yield None
        return
    try:
        yield history.recorder(kind)
    finally:
        history.close()


def tell_where_recorded(session: str | None) -> None:
    if session is not None:
        complain(f"Recorded. To see it again: {program_name()} sessions show {session}")


def _open_or_tell() -> History | None:
    try:
        return open_history()
    except StorageError as error:
        complain(clean_line(f"{error} This run is not recorded."))
        return None
