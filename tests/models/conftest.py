"""What several tests of model files need."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from models.demo import demo_model_path

Write = Callable[[str, bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the test's folder and give its path."""

    def write_file(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_file


@pytest.fixture(scope="session")
def demo_path() -> Path:
    return demo_model_path()


@pytest.fixture(scope="session")
def llama_cpp_source() -> Path:
    """An unpacked llama.cpp, whose real vocabularies are too large to keep here."""
    folder = os.environ.get("STEELYARD_LLAMA_CPP_SOURCE")
    if folder is None:
        pytest.skip("STEELYARD_LLAMA_CPP_SOURCE does not name an unpacked llama.cpp")
    return Path(folder)
