"""What several tests of model files need."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.demo import demo_model_path
from models.hub.http import HubHttp
from models.hub.settings import HubSettings
from tests.models.fakehub import FakeHub

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


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as fake:
        yield fake


@pytest.fixture
def http(hub: FakeHub) -> Iterator[HubHttp]:
    """Requests to the fake hub, without a token."""
    connection = HubHttp(HubSettings(endpoint=hub.endpoint), lambda: None)
    yield connection
    connection.close()
