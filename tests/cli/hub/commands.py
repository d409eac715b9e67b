"""The commands that ask a hub, as tests call them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cli.hub_access import Access
from cli.models_files import list_files
from cli.models_get import get_model
from cli.models_search import search_hub
from cli.models_search_options import SearchOptions
from models.fit import Bandwidth, Machine

Capture = pytest.CaptureFixture[str]
MakeAccess = Callable[[], Access]
REPO = "owner/Small-GGUF"
CONTENT = b"GGUF" + bytes(range(256)) * 4000
MACHINE = Machine(host_free_bytes=8 << 30, bandwidth=Bandwidth(host=20e9))


def get(access: MakeAccess, repo: str, file: str | None, **options: Any) -> int:
    return get_model(
        repo,
        file,
        **{"most_mb_per_s": None, "replaces": False, "as_json": False, **options},
        make_access=access,
    )


def search(
    access: MakeAccess,
    text: str,
    options: SearchOptions | None = None,
    *,
    limit: int = 5,
    as_json: bool = False,
) -> int:
    return search_hub(
        text,
        options or SearchOptions(),
        limit=limit,
        as_json=as_json,
        make_access=access,
        machine_of=lambda: MACHINE,
    )


def files(access: MakeAccess, repo: str, *, as_json: bool = False) -> int:
    return list_files(repo, as_json=as_json, make_access=access, machine_of=lambda *_: MACHINE)
