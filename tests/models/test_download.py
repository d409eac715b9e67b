"""Bringing files here: over bad lines, through restarts, and never under their name before they are whole."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.client import Stopped
from models.download.partial import Partial, Wanted
from models.download.selection import Downloader, Selection, selection_of
from models.download.throttle import BURST_S, Throttle
from models.download.transfer import FRUITLESS_ATTEMPTS, Transfer
from models.fingerprint import Fingerprints
from models.hub.client import Hub
from models.hub.errors import (
    AccessDenied,
    BadAddress,
    Busy,
    ChangedThere,
    DownloadError,
    HubError,
    NoRoom,
    NotOnHub,
    Offline,
    WrongContent,
)
from models.hub.http import HubHttp
from models.hub.settings import HubSettings
from models.hub.wires import Stopping
from models.origins import FromHub, Origins
from tests.models.fakehub import FakeHub, File

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


def left_on_disk(target: Path) -> list[str]:
    """The files in the target's folder, lock files left out."""
    return sorted(path.name for path in target.parent.glob("[!.]*"))


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


def test_a_full_disk_is_said_before_the_first_byte(
    hub: FakeHub,
    downloader: Downloader,
    stopping: Stopping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full:
        free = 1_000_000

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Full)
    with pytest.raises(NoRoom, match="still to come"):
        downloader.download(selection(hub), stopping)
    assert hub.requests == []


def test_a_disk_that_fills_up_meanwhile_keeps_what_came(
    hub: FakeHub, http: HubHttp, tmp_path: Path, stopping: Stopping
) -> None:
    target = tmp_path / NAME

    class FullAfterAMegabyte:
        """What `open` gives on a disk that is full after the first megabyte."""

        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, piece: bytes) -> int:
            if self._file.tell() > 1_000_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return int(self._file.write(piece))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def __enter__(self) -> FullAfterAMegabyte:
            return self

        def __exit__(self, *error: object) -> None:
            self._file.close()

    opened = Partial.open

    def full(self: Partial) -> Any:
        file, size = opened(self)
        return FullAfterAMegabyte(file), size

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Partial, "open", full)
        with pytest.raises(NoRoom, match=r"is full\. Make room, then resume"):
            transfer_of(http).fetch(wanted(hub), target, stopping, lambda here: None)
    assert Partial(target, wanted(hub)).size_bytes > 1_000_000
    transfer_of(http).fetch(wanted(hub), target, stopping, lambda here: None)
    assert Partial(target, wanted(hub)).path.read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written_is_named(
    hub: FakeHub, http: HubHttp, tmp_path: Path, stopping: Stopping
) -> None:
    (tmp_path / "file").write_bytes(b"")
    target = tmp_path / "file" / NAME
    with pytest.raises(DownloadError, match=r"cannot be written.*Check its rights"):
        transfer_of(http).fetch(wanted(hub), target, stopping, lambda here: None)


def test_two_downloads_of_one_file_do_not_mix(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    refused: list[str] = []

    def try_too(here_bytes: int) -> None:
        if here_bytes and not refused:
            try:
                downloader.download(selection(hub), stopping)
            except Busy as error:
                refused.append(str(error))

    downloader.download(selection(hub), stopping, try_too)
    assert refused == [
        f"{NAME} is being downloaded by another Steelyard. Wait until it is done there."
    ]
    assert target.read_bytes() == CONTENT


PROGRAM = """
import sys, threading
from pathlib import Path
import msgspec
from models.download.selection import Downloader, Selection
from models.download.throttle import BURST_S, Throttle
from models.download.transfer import Transfer
from models.fingerprint import Fingerprints
from models.hub.errors import Busy
from models.hub.http import HubHttp
from models.hub.settings import HubSettings
from models.hub.wires import Stopping
from models.origins import Origins

folder = Path(sys.argv[1])
chosen = msgspec.json.decode(sys.argv[2], type=Selection)
http = HubHttp(HubSettings(endpoint=chosen.files[0].endpoint), lambda: None)
transfer = Transfer(http, Throttle(float(sys.argv[3]) or None), first_wait_s=0.001)
origins, fingerprints = Origins(folder / "origins"), Fingerprints(folder / "fingerprints")
downloader = Downloader(folder / "models", transfer, fingerprints, origins)
tell = lambda here: print(here, flush=True)
try:
    downloader.download(chosen, Stopping(), tell)
except Busy:
    print("busy", flush=True)
"""


def start_program(
    hub: FakeHub, folder: Path, bytes_per_s: float = 0, **options: Any
) -> subprocess.Popen[str]:
    import msgspec

    chosen = msgspec.json.encode(selection(hub)).decode()
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), chosen, str(bytes_per_s)],
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_process_that_is_killed_at_any_moment_is_followed_by_one_that_goes_on(
    hub: FakeHub, tmp_path: Path, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    chance = random.Random(7)
    for _ in range(4):
        with start_program(hub, tmp_path, bytes_per_s=4_000_000) as process:
            assert process.stdout
            line = 0
            until = chance.randint(1, 30)
            for line, _ in enumerate(process.stdout):
                if line >= until:
                    break
            process.send_signal(signal.SIGKILL)
        if target.exists():
            break
    downloader.download(selection(hub), stopping)
    assert target.read_bytes() == CONTENT
    assert left_on_disk(target) == [NAME]
    assert hub.store_requests()[-1].range is not None


def test_two_processes_that_download_the_same_file_end_with_one_whole_file(
    hub: FakeHub, tmp_path: Path, target: Path
) -> None:
    processes = [start_program(hub, tmp_path, bytes_per_s=6_000_000) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(output[-1:] == ["busy"] for output in outputs) <= 1
    assert target.read_bytes() == CONTENT


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


def test_a_discarded_download_leaves_nothing(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.extend([700_000, *[0] * FRUITLESS_ATTEMPTS])
    with pytest.raises(DownloadError):
        downloader.download(selection(hub), stopping)
    downloader.discard(selection(hub))
    assert not target.parent.exists()
