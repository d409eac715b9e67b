"""The user's history, opened for a command."""

from __future__ import annotations

from cli.terminal import complain
from storage.folders import data_folder, database_path
from storage.history import History
from storage.network import warn_once


def open_history() -> History:
    """Raises StorageError; a folder on a network drive is warned of once."""
    history = History.open(database_path())
    warning = warn_once(data_folder())
    if warning is not None:
        complain(warning)
    return history
