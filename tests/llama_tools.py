"""llama.cpp's own programs, where somebody has built them of the same commit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

VARIABLE = "STEELYARD_LLAMA_TOOLS"


def run_tool(name: str, *arguments: str | Path, folder: Path) -> None:
    """Run it in this folder; skips the test where the variable names no folder of programs."""
    programs = os.environ.get(VARIABLE)
    if programs is None:
        pytest.skip(f"{VARIABLE} does not name a folder with llama.cpp's own programs")
    command = [Path(programs) / name, *arguments]
    path = os.pathsep.join(filter(None, [programs, os.environ.get("LD_LIBRARY_PATH")]))
    environment = {**os.environ, "LD_LIBRARY_PATH": path}
    subprocess.run(
        command, cwd=folder, check=True, capture_output=True, timeout=300, env=environment
    )
