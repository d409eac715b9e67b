"""Where Steelyard keeps what belongs to the user; STEELYARD_HOME moves all of it to one folder.

Nothing here touches the disk: what opens a folder makes it.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_APP = "steelyard"


def _home() -> Path | None:
    chosen = os.environ.get("STEELYARD_HOME", "").strip()
    return Path(chosen).expanduser().absolute() if chosen else None


def data_folder() -> Path:
    return _home() or Path(platformdirs.user_data_dir(_APP, appauthor=False))


def database_path() -> Path:
    return data_folder() / "history.sqlite3"


def models_folder() -> Path:
    """Models that were downloaded or made here; those of other programs stay where they lie."""
    return data_folder() / "models"


def log_folder() -> Path:
    home = _home()
    return home / "logs" if home else Path(platformdirs.user_log_dir(_APP, appauthor=False))
