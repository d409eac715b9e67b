"""Disks that are full or closed, and processes that write the same file."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.download.partial import Partial
from models.download.selection import Downloader
from models.download.transfer import FRUITLESS_ATTEMPTS
from models.hub.errors import Busy, DownloadError, NoRoom
from models.hub.http import HubHttp
from models.hub.wires import Stopping
from tests.models.download.asking import CONTENT, NAME, left_on_disk, selection, transfer_of, wanted
from tests.models.fakehub import FakeHub


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


def test_a_discarded_download_leaves_nothing(
    hub: FakeHub, downloader: Downloader, target: Path, stopping: Stopping
) -> None:
    hub.faults.cuts.extend([700_000, *[0] * FRUITLESS_ATTEMPTS])
    with pytest.raises(DownloadError):
        downloader.download(selection(hub), stopping)
    downloader.discard(selection(hub))
    assert not target.parent.exists()
