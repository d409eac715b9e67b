"""Every test of the hub leaves huggingface_hub without connections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from huggingface_hub import close_session


@pytest.fixture(autouse=True)
def connections_are_closed() -> Iterator[None]:
    yield
    close_session()
