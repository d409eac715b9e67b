"""The command line as tests run it: as a process of its own, or with workers that hold no model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract import ModelFile

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 120

RunMain = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for this test's sessions and models, in this process and those it starts."""
    folder = tmp_path / "home"
    monkeypatch.setenv("STEELYARD_HOME", str(folder))
    return folder


@pytest.fixture
def run_main(home: Path) -> RunMain:
    """Run `python main.py` with these arguments to its end."""

    def run(
        *arguments: str, given: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "main.py"), *arguments],
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        )

    return run


@pytest.fixture
def model_files(tmp_path: Path) -> Callable[..., list[str]]:
    """Empty files of these names: what the fake worker does is written in its model's name."""

    def make(*names: str) -> list[str]:
        for name in names:
            (tmp_path / f"{name}.gguf").touch()
        return [str(tmp_path / f"{name}.gguf") for name in names]

    return make


def describe_nothing(path: Path) -> ModelFile:
    """A model file without a look into it."""
    return ModelFile(path=str(path), file=path.name, size_bytes=1)
