"""A hub on loopback with one repository, and the way to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from huggingface_hub import close_session

from cli.hub_access import Access
from models.hub.settings import HubSettings
from tests.cli.hub.commands import CONTENT, REPO, MakeAccess
from tests.models.fakehub import FakeHub


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as fake:
        fake.add(
            REPO,
            {
                "Small-Q4_K_M.gguf": CONTENT,
                "Small-Q8_0.gguf": CONTENT * 2,
                "Big-Q8_0-00001-of-00002.gguf": b"one",
                "Big-Q8_0-00002-of-00002.gguf": b"two",
                "README.md": b"words",
            },
            downloads=7,
            gguf={"total": 135_000_000, "architecture": "llama", "context_length": 2048},
        )
        yield fake
        close_session()


@pytest.fixture
def access(hub: FakeHub) -> MakeAccess:
    return lambda: Access(HubSettings(endpoint=hub.endpoint), lambda: None)
