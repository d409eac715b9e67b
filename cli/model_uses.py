"""When models were used on this machine, from the recorded sessions."""

from __future__ import annotations

from cli.terminal import clean_line, complain
from engine.errors import StorageError
from engine.machine import processor_name
from storage.folders import database_path
from storage.history import History
from storage.uses import Use


def recorded_uses() -> tuple[Use, ...]:
    """None where nothing was ever recorded, or where it cannot be read, which is said."""
    path = database_path()
    if not path.exists():
        return ()
    try:
        with History.open(path) as history:
            return history.uses(processor_name())
    except StorageError as fault:
        complain(clean_line(f"{fault} So it is not told when models were used, and how fast."))
        return ()
