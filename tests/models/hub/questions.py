"""Questions to a fake hub, and what they wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from models.hub.client import Hub, Query
from models.hub.results import Results
from models.hub.settings import HubSettings
from tests.models.fakehub import FakeHub


def asks(hub: FakeHub, token: str | None = None) -> Hub:
    return Hub(HubSettings(endpoint=hub.endpoint), lambda: token)


def found_by(hub: FakeHub, query: Query) -> list[str]:
    return [each.repo for each in Results(query, asks(hub).search(query)).take(100)]


def until(holds: Callable[[], bool], limit_s: float = 5.0) -> None:
    ends = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < ends
        threading.Event().wait(0.005)
