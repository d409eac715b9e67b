"""What is chosen to be downloaded: split models, hostile names."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.client import Stopped
from models.download.selection import Downloader, selection_of
from models.hub.client import Hub
from models.hub.errors import BadAddress, DownloadError
from models.hub.settings import HubSettings
from models.hub.wires import Stopping
from tests.models.download.asking import CONTENT, REPO, left_on_disk, selection, wanted
from tests.models.fakehub import FakeHub

PARTS = [f"m-{n:05}-of-00003.gguf" for n in (1, 2, 3)]


def add_parts(hub: FakeHub) -> None:
    hub.add(REPO, {name: CONTENT[n * 10_000 :] for n, name in enumerate(PARTS)})


def test_a_split_model_is_complete_or_not_there(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    add_parts(hub)
    chosen = selection(hub, *PARTS)

    def stop_in_the_last(here_bytes: int) -> None:
        if here_bytes > 2 * len(CONTENT) + 100_000:
            stopping.set()

    with pytest.raises(Stopped):
        downloader.download(chosen, stopping, stop_in_the_last)
    assert not list(target.parent.glob("*.gguf"))
    stopping.clear()
    seen: list[int] = []
    paths = downloader.download(chosen, stopping, seen.append)
    assert [path.read_bytes() for path in paths] == [CONTENT[n * 10_000 :] for n in range(3)]
    assert seen[-1] == chosen.total_bytes
    assert left_on_disk(target) == PARTS


def test_the_first_part_gets_its_name_last(
    hub: FakeHub,
    downloader: Downloader,
    stopping: Stopping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_parts(hub)
    named: list[str] = []
    replace = Path.replace

    def note(self: Path, there: Path) -> Path:
        if there.suffix == ".gguf":
            named.append(there.name)
        return replace(self, there)

    monkeypatch.setattr(Path, "replace", note)
    downloader.download(selection(hub, *PARTS), stopping)
    assert named == PARTS[::-1]


def test_parts_that_are_missing_on_the_hub_are_said_before_the_first_byte(hub: FakeHub) -> None:
    hub.add(REPO, {PARTS[0]: b"1", PARTS[2]: b"3"})
    repository = Hub(HubSettings(endpoint=hub.endpoint), lambda: None).repository(REPO)
    with pytest.raises(DownloadError, match="lacks 1 parts"):
        selection_of(hub.endpoint, repository, repository.listing.choices[0])


def test_what_is_chosen_in_a_listing_can_be_downloaded(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    repository = Hub(HubSettings(endpoint=hub.endpoint), lambda: None).repository(REPO)
    chosen = selection_of(hub.endpoint, repository, repository.listing.choices[0])
    assert chosen.files == (wanted(hub),)
    assert downloader.download(chosen, stopping) == (target,)


@pytest.mark.parametrize("name", ["../evil.gguf", "C:\\evil.gguf", "sub/../../../evil.gguf"])
def test_a_hostile_name_is_refused_before_anything_is_asked(
    hub: FakeHub,
    downloader: Downloader,
    stopping: Stopping,
    tmp_path: Path,
    name: str,
) -> None:
    hub.add(REPO, {name: b"1"})
    with pytest.raises(BadAddress, match="is not downloaded"):
        downloader.download(selection(hub, name), stopping)
    assert hub.requests == []
    assert not list(tmp_path.rglob("*evil*"))
