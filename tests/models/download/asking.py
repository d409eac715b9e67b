"""The file that tests download, and what is asked for it."""

from __future__ import annotations

import random
from pathlib import Path

from models.download.partial import Wanted
from models.download.selection import Selection
from models.download.throttle import Throttle
from models.download.transfer import Transfer
from models.hub.http import HubHttp
from tests.models.fakehub import FakeHub

CONTENT = random.Random(1).randbytes(3_000_000)
REPO = "owner/model"
NAME = "m-Q4_K_M.gguf"


def wanted(hub: FakeHub, name: str = NAME) -> Wanted:
    repo = hub.repos[REPO]
    file = repo.files[name]
    return Wanted(
        endpoint=hub.endpoint,
        repo=REPO,
        file=name,
        commit=repo.commit,
        size_bytes=file.size,
        sha256=file.sha256,
    )


def selection(hub: FakeHub, *names: str) -> Selection:
    return Selection(label=REPO, files=tuple(wanted(hub, name) for name in names or (NAME,)))


def transfer_of(http: HubHttp) -> Transfer:
    return Transfer(http, Throttle(), first_wait_s=0.001)


def left_on_disk(target: Path) -> list[str]:
    """The files in the target's folder, lock files left out."""
    return sorted(path.name for path in target.parent.glob("[!.]*"))
