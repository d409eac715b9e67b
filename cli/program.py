"""How the user calls this program."""

from __future__ import annotations

import sys
from pathlib import Path


def program_name() -> str:
    """The frozen program's file, or Python with main.py."""
    return Path(sys.executable).name if getattr(sys, "frozen", False) else "python main.py"
