"""Downloads that wait, run, rest and go on after a restart."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.download.partial import Wanted
from models.download.queue import CLOSE_LIMIT_S, Download, Downloads
from models.download.selection import Downloader, Selection
from models.download.throttle import Throttle
from models.download.transfer import FRUITLESS_ATTEMPTS, Transfer
from models.fingerprint import Fingerprints
from models.hub.errors import BadAddress
from models.hub.http import HubHttp
from models.origins import Origins
from tests.models.fakehub import FakeHub

REPO = "owner/model"
CONTENT = random.Random(2).randbytes(1_500_000)
LIMIT_S = 15.0


class Watch:
    """Collects changes, and waits for one."""

    def __init__(self) -> None:
        self.changes: list[Download] = []
        self._changed = threading.Condition()

    def __call__(self, download: Download) -> None:
        with self._changed:
            self.changes.append(download)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[Download], bool]) -> Download:
        found: list[Download] = []

        def seen() -> bool:
            found[:] = [change for change in self.changes if wanted(change)]
            return bool(found)

        with self._changed:
            assert self._changed.wait_for(seen, LIMIT_S), self.changes[-3:]
        return found[-1]

    def forget(self) -> None:
        with self._changed:
            self.changes.clear()


class Bench:
    """A queue with everything that it stands on."""

    def __init__(self, hub: FakeHub, http: HubHttp, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        self.throttle = Throttle()
        self.watch = Watch()
        self.downloader = Downloader(
            folder / "models",
            Transfer(http, self.throttle, first_wait_s=0.001),
            Fingerprints(folder / "fingerprints"),
            Origins(folder / "origins"),
        )
        self.queue = self.new_queue()

    def new_queue(self) -> Downloads:
        return Downloads(self.downloader, self.folder / "queue", on_change=self.watch)

    def selection(self, name: str = "m.gguf") -> Selection:
        repo = self.hub.repos[REPO]
        file = repo.files[name]
        return Selection(
            label=name,
            files=(
                Wanted(
                    endpoint=self.hub.endpoint,
                    repo=REPO,
                    file=name,
                    commit=repo.commit,
                    size_bytes=file.size,
                    sha256=file.sha256,
                ),
            ),
        )

    def target(self, name: str = "m.gguf") -> Path:
        return self.folder / "models" / REPO / name

    def here_bytes(self) -> int:
        return self.downloader.here_bytes(self.selection())

    def records(self) -> list[Path]:
        return list((self.folder / "queue").glob("*"))


@pytest.fixture
def bench(hub: FakeHub, http: HubHttp, tmp_path: Path) -> Iterator[Bench]:
    hub.add(REPO, {f"{name}.gguf": name.encode() + CONTENT for name in "mabc"})
    made = Bench(hub, http, tmp_path)
    yield made
    made.queue.close()


def test_a_download_tells_of_its_progress_and_its_end(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 2_000_000
    job = bench.queue.add(bench.selection())
    done = bench.watch.wait(lambda change: change.state == "done")
    assert (done.id, done.here_bytes, done.error) == (job, len(CONTENT) + 1, None)
    assert bench.target().read_bytes() == b"m" + CONTENT
    running = [change for change in bench.watch.changes if change.bytes_per_s]
    assert running[-1].seconds_left is not None
    assert running[-1].bytes_per_s == pytest.approx(2_000_000, rel=0.5)
    assert [change.state for change in bench.watch.changes[:2]] == ["waiting", "running"]
    assert bench.records() == []


def test_only_so_many_run_at_once_and_the_others_follow(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 8_000_000
    for name in "mabc":
        bench.queue.add(bench.selection(f"{name}.gguf"))
    states = [download.state for download in bench.queue.list()]
    assert states.count("running") == 2
    assert states.count("waiting") == 2
    bench.queue.allow(4)
    bench.watch.wait(
        lambda change: change.selection.label == "c.gguf" and change.state == "running"
    )
    for name in "mabc":
        bench.watch.wait(
            lambda change, name=name: (
                change.selection.label == f"{name}.gguf"  # type: ignore[misc]
                and change.state == "done"
            )
        )
        assert bench.target(f"{name}.gguf").read_bytes()[1:] == CONTENT


def test_a_paused_download_rests_and_is_resumed(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 1_000_000
    job = bench.queue.add(bench.selection())
    bench.watch.wait(lambda change: change.here_bytes > 200_000)
    bench.queue.pause(job)
    bench.watch.wait(lambda change: change.state == "paused")
    bench.watch.forget()
    bench.throttle.bytes_per_s = None
    bench.queue.resume(job)
    bench.watch.wait(lambda change: change.state == "done")
    assert bench.target().read_bytes() == b"m" + CONTENT
    assert bench.hub.store_requests()[-1].range is not None


def test_a_cancelled_download_leaves_nothing(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 500_000
    job = bench.queue.add(bench.selection())
    bench.watch.wait(lambda change: change.here_bytes > 100_000)
    bench.queue.cancel(job)
    bench.queue.close()
    assert bench.queue.list() == ()
    assert bench.records() == []
    assert list(bench.target().parent.glob("[!.]*")) == []


def test_what_was_cancelled_can_be_had_again_at_once(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 500_000
    job = bench.queue.add(bench.selection())
    bench.watch.wait(lambda change: change.here_bytes > 100_000)
    bench.queue.cancel(job)
    bench.throttle.bytes_per_s = None
    bench.watch.forget()
    bench.queue.add(bench.selection())
    bench.watch.wait(lambda change: change.state in {"done", "failed"})
    assert bench.target().read_bytes() == b"m" + CONTENT
    assert bench.records() == []


def test_cancelling_what_is_done_keeps_the_file(bench: Bench) -> None:
    job = bench.queue.add(bench.selection())
    bench.watch.wait(lambda change: change.state == "done")
    bench.queue.cancel(job)
    assert bench.queue.list() == ()
    assert bench.target().exists()


def test_what_an_earlier_process_left_is_found_and_not_started(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 1_000_000
    bench.queue.add(bench.selection())
    bench.watch.wait(lambda change: change.here_bytes > 300_000)
    bench.queue.close()
    asked = len(bench.hub.requests)

    bench.throttle.bytes_per_s = None
    bench.queue = bench.new_queue()
    bench.queue.find_unfinished()
    (found,) = bench.queue.list()
    assert found.state == "paused"
    assert 0 < found.here_bytes < len(CONTENT)
    assert len(bench.hub.requests) == asked

    bench.watch.forget()
    bench.queue.resume(found.id)
    bench.watch.wait(lambda change: change.state == "done")
    assert bench.target().read_bytes() == b"m" + CONTENT
    assert bench.records() == []


def test_a_failure_is_worded_and_can_be_tried_again(bench: Bench) -> None:
    bench.hub.faults.cuts.extend([0] * FRUITLESS_ATTEMPTS)
    job = bench.queue.add(bench.selection())
    failed = bench.watch.wait(lambda change: change.state == "failed")
    assert failed.error is not None
    assert "resume later" in failed.error
    bench.queue.resume(job)
    done = bench.watch.wait(lambda change: change.state == "done")
    assert done.error is None


def test_closing_does_not_wait_for_a_silent_hub(bench: Bench) -> None:
    bench.hub.faults.hangs = True
    bench.queue.add(bench.selection())
    ends = time.monotonic() + LIMIT_S
    while not bench.hub.requests:
        assert time.monotonic() < ends
        threading.Event().wait(0.005)
    begun = time.monotonic()
    bench.queue.close()
    assert time.monotonic() - begun < CLOSE_LIMIT_S
    assert [thread.name for thread in threading.enumerate() if "download-" in thread.name] == []


@pytest.mark.parametrize("begun", [False, True], ids=["before an answer", "within the file"])
def test_a_pause_ends_the_wait_for_a_silent_hub(bench: Bench, begun: bool) -> None:
    if begun:
        bench.hub.faults.stalls_after = 600_000
    else:
        bench.hub.faults.hangs = True
    job = bench.queue.add(bench.selection())
    ends = time.monotonic() + LIMIT_S
    while len(bench.hub.requests) < 1 + begun or (begun and not bench.here_bytes()):
        assert time.monotonic() < ends
        threading.Event().wait(0.005)
    bench.queue.pause(job)
    bench.hub.faults.hangs, bench.hub.faults.stalls_after = False, None
    bench.watch.forget()
    paused = time.monotonic()
    bench.queue.resume(job)
    bench.watch.wait(lambda change: change.state == "done")
    assert time.monotonic() - paused < 5.0
    assert bench.target().read_bytes() == b"m" + CONTENT


def test_a_limit_is_shared_by_all_that_run(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 6_000_000
    begun = time.monotonic()
    for name in "ma":
        bench.queue.add(bench.selection(f"{name}.gguf"))
    for name in "ma":
        bench.watch.wait(
            lambda change, name=name: (
                change.selection.label == f"{name}.gguf"  # type: ignore[misc]
                and change.state == "done"
            )
        )
    # Each alone would take 0.25 s.
    assert time.monotonic() - begun > 0.4


def test_the_same_selection_twice_is_one_download(bench: Bench) -> None:
    bench.throttle.bytes_per_s = 2_000_000
    first = bench.queue.add(bench.selection())
    assert bench.queue.add(bench.selection()) == first
    assert len(bench.queue.list()) == 1
    bench.watch.wait(lambda change: change.state == "done")
    assert len(bench.hub.store_requests()) == 1


def test_a_hostile_name_is_not_even_queued(bench: Bench) -> None:
    bench.hub.add(REPO, {"../evil.gguf": b"1"})
    with pytest.raises(BadAddress):
        bench.queue.add(bench.selection("../evil.gguf"))
    assert bench.queue.list() == ()


def test_records_that_cannot_be_understood_are_passed_over(bench: Bench) -> None:
    folder = bench.folder / "queue"
    folder.mkdir()
    (folder / "a.json").write_bytes(b"{nonsense")
    (folder / "b.json").write_bytes(b'{"label": "x"}')
    bench.queue.find_unfinished()
    assert bench.queue.list() == ()
