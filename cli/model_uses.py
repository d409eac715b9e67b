"""When models were used on this machine, from the recorded sessions."""

from __future__ import annotations

from engine.machine import processor_name
from storage.folders import database_path
from storage.history import History
from storage.uses import Use


def recorded_uses() -> tuple[Use, ...]:
    """None where nothing was ever recorded; raises StorageError."""
    path = database_path()
    if not path.exists():
        return ()
    with History.open(path) as history:
        return history.uses(processor_name())
