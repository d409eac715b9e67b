"""A downloader into the test's folder, from a hub that holds one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.download.selection import Downloader
from models.fingerprint import Fingerprints
from models.hub.http import HubHttp
from models.hub.wires import Stopping
from models.origins import Origins
from tests.models.download.asking import CONTENT, NAME, REPO, transfer_of
from tests.models.fakehub import FakeHub


@pytest.fixture
def downloader(http: HubHttp, tmp_path: Path) -> Downloader:
    return Downloader(
        tmp_path / "models",
        transfer_of(http),
        Fingerprints(tmp_path / "fingerprints"),
        Origins(tmp_path / "origins"),
    )


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "owner" / "model" / NAME


@pytest.fixture
def stopping() -> Stopping:
    return Stopping()


@pytest.fixture(autouse=True)
def content(hub: FakeHub) -> None:
    hub.add(REPO, {NAME: CONTENT})
