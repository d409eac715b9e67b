"""Only the content that was announced gets the name."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from models.download.selection import Downloader
from models.download.transfer import FRUITLESS_ATTEMPTS
from models.hub.errors import ChangedThere, DownloadError, WrongContent
from models.hub.wires import Stopping
from tests.models.download.asking import CONTENT, NAME, REPO, left_on_disk, selection
from tests.models.fakehub import FakeHub, File


def test_other_content_is_deleted_and_never_gets_the_name(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.flipped = True
    with pytest.raises(WrongContent, match="other content than the hub announces"):
        downloader.download(selection(hub), stopping)
    assert left_on_disk(target) == []
    hub.faults.flipped = False
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT


def test_a_file_that_is_longer_than_announced_is_refused(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.longer_by = 1000
    with pytest.raises(ChangedThere, match=r"3,001,000 bytes on the hub now, not 3,000,000"):
        downloader.download(selection(hub), stopping)
    assert not target.parent.exists()
    assert downloader.here_bytes(selection(hub)) == 0


def test_parts_of_two_contents_are_never_put_together(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    """The store has something else at first, and what the hub announces after the line was cut."""
    chosen = selection(hub)
    files = hub.repos[REPO].files
    announced = files[NAME]
    files[NAME] = File(CONTENT[::-1], sha256=announced.sha256)
    hub.faults.cuts.extend([500_000])
    hub.faults.changes_etag = True

    def put_right(here_bytes: int) -> None:
        if here_bytes:
            files[NAME] = announced

    downloader.download(chosen, stopping, put_right)
    assert target.read_bytes() == CONTENT
    assert [seen.range for seen in hub.store_requests()] == [None, "bytes=500000-"]


def test_a_store_that_knows_no_ranges_is_asked_for_everything_again(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.extend([500_000, 900_000])
    hub.faults.ignores_ranges = True
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT


def test_a_part_of_an_older_revision_is_not_continued(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.extend([700_000, *[0] * FRUITLESS_ATTEMPTS])
    with pytest.raises(DownloadError):
        downloader.download(selection(hub), stopping)
    hub.add(REPO, {NAME: CONTENT[::-1]}, commit="d" * 40)
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT[::-1]
    assert hub.store_requests()[-1].range is None


def test_a_file_that_is_here_is_not_fetched_again(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    downloader.download(selection(hub), stopping)
    assert [path.name for path in target.parent.iterdir()] == [NAME]
    count = len(hub.requests)
    downloader.download(selection(hub), stopping)
    assert len(hub.requests) == count


def test_a_file_that_is_here_with_other_content_is_not_replaced(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    downloader.download(selection(hub), stopping)
    hub.add(REPO, {NAME: CONTENT[::-1]}, commit="d" * 40)
    with pytest.raises(DownloadError, match="not replaced unasked"):
        downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT


def test_a_file_is_replaced_once_the_newer_one_is_whole_where_that_was_asked_for(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    downloader.download(selection(hub), stopping)
    hub.add(REPO, {NAME: CONTENT[::-1]}, commit="d" * 40)
    newer = msgspec.structs.replace(selection(hub), replaces=True)
    hub.faults.cuts.extend([700_000, *[0] * FRUITLESS_ATTEMPTS])
    with pytest.raises(DownloadError):
        downloader.download(newer, stopping)
    assert target.read_bytes() == CONTENT
    assert downloader.here_bytes(newer) == 700_000
    downloader.download(newer, stopping)
    assert target.read_bytes() == CONTENT[::-1]
