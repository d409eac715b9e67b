"""A file arrives whole, over lines that are cut, and never at more than its limits."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.client import Stopped
from models.download.selection import Downloader
from models.download.throttle import BURST_S, Throttle
from models.download.transfer import FRUITLESS_ATTEMPTS, Transfer
from models.fingerprint import Fingerprints
from models.hub.errors import AccessDenied, DownloadError, HubError, NotOnHub, Offline
from models.hub.http import HubHttp
from models.hub.settings import HubSettings
from models.hub.wires import Stopping
from models.origins import FromHub, Origins
from tests.models.download.asking import (
    CONTENT,
    NAME,
    REPO,
    left_on_disk,
    selection,
    transfer_of,
    wanted,
)
from tests.models.fakehub import FakeHub, File


def test_a_file_arrives_whole_and_what_it_is_is_remembered(
    hub: FakeHub,
    downloader: Downloader,
    target: Path,
    stopping: Stopping,
    tmp_path: Path,
) -> None:
    seen: list[int] = []
    assert downloader.download(selection(hub), stopping, seen.append) == (target,)
    assert target.read_bytes() == CONTENT
    assert left_on_disk(target) == [NAME]
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    figure = hub.repos[REPO].files[NAME].sha256
    assert Fingerprints(tmp_path / "fingerprints").known(target) == figure
    origin = Origins(tmp_path / "origins").of(figure)
    assert isinstance(origin, FromHub)
    assert origin.commit == "c" * 40


def test_a_line_that_is_cut_twenty_times_costs_no_byte_twice(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.extend([100_000] * 20)
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT
    assert [seen.range for seen in hub.store_requests()] == [
        None,
        *[f"bytes={n * 100_000}-" for n in range(1, 21)],
    ]


def test_a_length_that_lies_is_only_another_cut(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.extend([1_000_000])
    hub.faults.lengths.extend([0, 5_000, -500_000])
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT


def test_errors_that_pass_are_waited_out(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.answers.extend(
        [(500, {}), (503, {"Retry-After": "0"}), (429, {"Retry-After": "0"}), (502, {}), (504, {})]
    )
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT


def test_a_line_that_stays_dead_ends_in_a_sentence_and_keeps_what_came(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.extend([700_000, *[0] * FRUITLESS_ATTEMPTS])
    with pytest.raises(DownloadError, match=r"could not be fetched in 8 attempts.*resume later"):
        downloader.download(selection(hub), stopping)
    assert downloader.here_bytes(selection(hub)) == 700_000
    assert not target.exists()
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT
    assert hub.store_requests()[-1].range == "bytes=700000-"


def test_a_stopped_download_goes_on_where_it_was(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    def stop_half_way(here_bytes: int) -> None:
        if here_bytes > 1_000_000:
            stopping.set()

    with pytest.raises(Stopped):
        downloader.download(selection(hub), stopping, stop_half_way)
    here = downloader.here_bytes(selection(hub))
    assert 1_000_000 < here < len(CONTENT)
    assert left_on_disk(target) == [f"{NAME}.part", f"{NAME}.part.json"]
    stopping.clear()
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT
    assert hub.store_requests()[-1].range == f"bytes={here}-"


def test_stopping_ends_a_wait_between_attempts_at_once(
    hub: FakeHub, http: HubHttp, target: Path, stopping: Stopping
) -> None:
    hub.faults.answers.append((429, {"Retry-After": "60"}))
    ended: list[type[BaseException]] = []

    def fetch() -> None:
        try:
            transfer_of(http).fetch(wanted(hub), target, stopping, lambda here: None)
        except Stopped as error:
            ended.append(type(error))

    thread = threading.Thread(target=fetch)
    thread.start()
    deadline = time.monotonic() + 10
    while not hub.requests and time.monotonic() < deadline:
        stopping.wait(0.01)
    begun = time.monotonic()
    stopping.set()
    thread.join(10)
    assert ended == [Stopped]
    assert time.monotonic() - begun < 2


def test_a_large_file_needs_little_memory(
    hub: FakeHub, http: HubHttp, tmp_path: Path, stopping: Stopping
) -> None:
    """The by-hand version of this is 10 GB large: `python -m tests.models.huge_download`."""
    source = tmp_path / "sparse"
    with source.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    figure = Fingerprints(tmp_path / "cache").of(source)
    hub.add(REPO, {NAME: File(path=source, sha256=figure)})
    tracemalloc.start()
    try:
        transfer_of(http).fetch(wanted(hub), tmp_path / NAME, stopping, lambda here: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 48 * 1024 * 1024


def test_the_bandwidth_stays_within_its_limit(
    hub: FakeHub, http: HubHttp, tmp_path: Path, stopping: Stopping
) -> None:
    throttle = Throttle(6_000_000)
    begun = time.monotonic()
    Transfer(http, throttle).fetch(wanted(hub), tmp_path / NAME, stopping, lambda here: None)
    elapsed_s = time.monotonic() - begun
    assert elapsed_s > 0.8 * (len(CONTENT) / 6_000_000 - BURST_S)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda hub: setattr(hub.repos[REPO], "gated", True), AccessDenied),
        (lambda hub: hub.repos.clear(), AccessDenied),
        (lambda hub: hub.repos[REPO].files.clear(), NotOnHub),
    ],
)
def test_a_refusal_is_not_tried_again(
    hub: FakeHub,
    downloader: Downloader,
    target: Path,
    stopping: Stopping,
    spoil: Callable[[FakeHub], None],
    error: type[HubError],
) -> None:
    chosen = selection(hub)
    spoil(hub)
    with pytest.raises(error):
        downloader.download(chosen, stopping)
    assert len(hub.requests) == 1
    assert not target.parent.parent.exists()


def test_offline_downloads_nothing(hub: FakeHub, tmp_path: Path, stopping: Stopping) -> None:
    http = HubHttp(HubSettings(endpoint=hub.endpoint, offline=True), lambda: None)
    with pytest.raises(Offline, match="set to stay offline"):
        transfer_of(http).fetch(wanted(hub), tmp_path / NAME, stopping, lambda here: None)
    assert hub.requests == []


def test_a_page_in_the_hubs_place_costs_nothing_that_came(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.append(700_000)
    hub.faults.answers.extend([(200, {"Content-Type": "text/html"})] * 3)
    hub.faults.answers.rotate(0)
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT
