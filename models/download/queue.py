"""Downloads that wait, run, rest and go on after a restart; some at a time.

Each has a record in a folder until it is done or cancelled, so a new process finds what was unfinished. It
does not start it: nothing is contacted before the user asks.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

from engine.client import Stopped
from engine.errors import SteelyardError
from models.atomic import write_atomically
from models.download.selection import Downloader, Selection
from models.hub.wires import Stopping

SPEED_OVER_S: Final = 5.0
TELL_EVERY_S: Final = 0.1
CLOSE_LIMIT_S: Final = 0.7

State = Literal["waiting", "running", "paused", "failed", "done"]


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """How one download stands; speed and time left are None while they cannot be told."""

    id: str
    selection: Selection
    state: State
    here_bytes: int = 0
    bytes_per_s: float | None = None
    seconds_left: float | None = None
    error: str | None = None


class Downloads:
    """The queue. Its methods return at once and may be called from any thread.

    on_change is called from the thread that made the change, while nothing is locked.
    """

    def __init__(
        self,
        downloader: Downloader,
        folder: Path,
        *,
        at_once: int = 2,
        on_change: Callable[[Download], None] = lambda download: None,
    ) -> None:
        self._downloader = downloader
        self._folder = folder
        self._at_once = at_once
        self._on_change = on_change
        self._jobs: dict[str, _Job] = {}
        self._ending: set[str] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closing = False

    def find_unfinished(self) -> None:
        """Take up what an earlier process left, as paused; reads the folder of records."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                selection = msgspec.json.decode(path.read_bytes(), type=Selection)
                here_bytes = self._downloader.here_bytes(selection)
            except (OSError, msgspec.DecodeError, SteelyardError):
                continue  # a record that cannot be understood cannot be resumed
            job = _Job(_id_of(selection), selection)
            job.state, job.here_bytes = "paused", here_bytes
            with self._lock:
                self._jobs.setdefault(job.id, job)

    def list(self) -> tuple[Download, ...]:
        """In the order in which they were added."""
        with self._lock:
            return tuple(job.view() for job in self._jobs.values())

    def add(self, selection: Selection) -> str:
        """Queue it; the same selection again is resumed. Raises BadAddress for hostile names."""
        self._downloader.targets(selection)
        job_id = _id_of(selection)
        with self._lock:
            self._jobs.setdefault(job_id, _Job(job_id, selection))
        # Without room for its record it still runs; only a restart would not know of it.
        with contextlib.suppress(OSError):
            write_atomically(self._record(job_id), msgspec.json.encode(selection))
        self.resume(job_id)
        return job_id

    def pause(self, job_id: str) -> None:
        """It rests, running or waiting; what came so far stays."""
        self._halt(job_id, "paused")

    def resume(self, job_id: str) -> None:
        """Queue again what rests or failed."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.state in {"running", "waiting"}:
                return
            job.state, job.error = "waiting", None
        self._tell(job)
        self._start_what_may()

    def cancel(self, job_id: str) -> None:
        """End and forget it, and delete what came so far; a finished file stays."""
        with self._lock:
            job = self._jobs.pop(job_id, None)
            if job is None:
                return
            job.cancelled = True
            job.stopping.set()
            idle = job.thread is None
            if not idle:
                self._ending.add(job_id)
        self._record(job_id).unlink(missing_ok=True)
        if idle and job.state != "done":
            self._downloader.discard(job.selection)

    def allow(self, at_once: int) -> None:
        """Change how many run at once; those that run already go on."""
        with self._lock:
            self._at_once = at_once
        self._start_what_may()

    def close(self) -> None:
        """Stop all and wait for it; what was unfinished is found by the next process.

        A thread that still waits for a connection to be made is left behind after CLOSE_LIMIT_S: what is
        on the disk can be resumed at any moment.
        """
        with self._lock:
            self._closing = True
            threads = self._threads.copy()
            for job in self._jobs.values():
                job.stopping.set()
        self._downloader.cut()
        deadline = time.monotonic() + CLOSE_LIMIT_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _halt(self, job_id: str, state: State) -> None:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.state not in {"running", "waiting"}:
                return
            job.state = state
            job.stopping.set()
        self._tell(job)
        self._start_what_may()

    def _start_what_may(self) -> None:
        with self._lock:
            busy = sum(job.thread is not None for job in self._jobs.values())
            for job in self._jobs.values():
                if busy >= self._at_once or self._closing:
                    return
                # The same one again, while what was cancelled still holds its files, waits for that.
                if job.state == "waiting" and job.thread is None and job.id not in self._ending:
                    self._threads = {thread for thread in self._threads if thread.is_alive()}
                    self._threads.add(
                        job.begin(threading.Thread(target=self._run, args=(job,), daemon=True))
                    )
                    busy += 1

    def _run(self, job: _Job) -> None:
        error: str | None = "It ended by a fault in Steelyard itself. Try again, or report it."
        try:
            self._tell(job)
            self._downloader.download(
                job.selection, job.stopping, lambda here_bytes: self._progress(job, here_bytes)
            )
            error = None
        except Stopped:
            error = None
        except SteelyardError as failure:
            error = str(failure)
        finally:
            self._finish(job, error)

    def _finish(self, job: _Job, error: str | None) -> None:
        with self._lock:
            job.thread = None
            if job.state == "running":
                job.state = "failed" if error else "paused" if job.stopping.is_set() else "done"
                job.error = error
            done = job.state == "done"
        if job.cancelled and not done:
            self._downloader.discard(job.selection)
        if done and not job.cancelled:
            self._record(job.id).unlink(missing_ok=True)
        if job.cancelled:
            with self._lock:
                self._ending.discard(job.id)
        else:
            self._tell(job)
        self._start_what_may()

    def _progress(self, job: _Job, here_bytes: int) -> None:
        with self._lock:
            tell = job.note(here_bytes)
        if tell:
            self._tell(job)

    def _tell(self, job: _Job) -> None:
        with self._lock:
            view = job.view()
        self._on_change(view)

    def _record(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"


class _Job:
    """What the queue knows of one download; guarded by its lock."""

    def __init__(self, job_id: str, selection: Selection) -> None:
        self.id = job_id
        self.selection = selection
        self.state: State = "paused"
        self.here_bytes = 0
        self.error: str | None = None
        self.cancelled = False
        self.stopping = Stopping()
        self.thread: threading.Thread | None = None
        self._told_s = 0.0
        self._progress: deque[tuple[float, int]] = deque()

    def begin(self, thread: threading.Thread) -> threading.Thread:
        self.state = "running"
        self.stopping = Stopping()
        self.thread = thread
        self._progress.clear()
        thread.name = f"download-{self.id}"
        thread.start()
        return thread

    def note(self, here_bytes: int) -> bool:
        """Take a new figure; says whether it is time to tell of it."""
        now = time.monotonic()
        self.here_bytes = here_bytes
        self._progress.append((now, here_bytes))
        while now - self._progress[0][0] > SPEED_OVER_S:
            self._progress.popleft()
        due = now - self._told_s >= TELL_EVERY_S or here_bytes == self.selection.total_bytes
        if due:
            self._told_s = now
        return due

    def view(self) -> Download:
        speed = self._bytes_per_s() if self.state == "running" else None
        left = self.selection.total_bytes - self.here_bytes
        return Download(
            id=self.id,
            selection=self.selection,
            state=self.state,
            here_bytes=self.here_bytes,
            bytes_per_s=speed,
            seconds_left=left / speed if speed else None,
            error=self.error,
        )

    def _bytes_per_s(self) -> float | None:
        if len(self._progress) < 2:
            return None
        (first_s, first), (last_s, last) = self._progress[0], self._progress[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s else None


def _id_of(selection: Selection) -> str:
    return hashlib.sha256(msgspec.json.encode(selection)).hexdigest()[:16]
