"""One file from a hub to its .part file: resumed where it was cut, and checked when it is whole."""

from __future__ import annotations

import contextlib
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from engine.client import Stopped
from models.download.hashing import StreamHash
from models.download.partial import BUFFER_BYTES, Partial, Wanted
from models.download.throttle import Throttle
from models.hub.errors import (
    ChangedThere,
    DownloadError,
    NoRoom,
    RateLimited,
    Unreachable,
    WrongContent,
)
from models.hub.http import HubHttp
from models.hub.wires import Stopping

if TYPE_CHECKING:
    import httpx2

FRUITLESS_ATTEMPTS: Final = 8  # one after another without a single new byte
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0

_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class _State:
    """How far a file has come."""

    def __init__(
        self,
        wanted: Wanted,
        partial: Partial,
        file: BinaryIO,
        stream_hash: StreamHash,
        here: int,
    ) -> None:
        self.wanted = wanted
        self.partial = partial
        self.here = here
        self._file = file
        self._hash = stream_hash

    def append(self, piece: bytes) -> None:
        if self.here + len(piece) > self.wanted.size_bytes:
            self.partial.discard()
            raise WrongContent(
                f"{self.wanted.file} of {self.wanted.repo} is longer than the hub announces, and was "
                "deleted. Try again, or tell the repository's owner."
            )
        self._file.write(piece)
        self._hash.update(piece)
        self.here += len(piece)

    def restart(self) -> None:
        """Begin from nothing, because the server does not go on where we are."""
        if self.here:
            self._file.truncate(0)
            self._hash.restart()
            self.partial.remember(None)
            self.here = 0


class Transfer:
    """Fetches files. `first_wait_s` is how long it waits before the second attempt."""

    def __init__(
        self, http: HubHttp, throttle: Throttle, *, first_wait_s: float = FIRST_WAIT_S
    ) -> None:
        self._http = http
        self._throttle = throttle
        self._first_wait_s = first_wait_s

    def cut(self) -> None:
        """End the connections; transfers that are not stopped connect again."""
        self._http.cut()

    def fetch(
        self,
        wanted: Wanted,
        target: Path,
        stopping: Stopping,
        on_progress: Callable[[int], None],
    ) -> Partial:
        """Bring the file into the partial beside `target`; there it is whole and on the disk.

        on_progress is told how many bytes are here. Raises Stopped once `stopping` is set, and HubError;
        then what came so far stays, except content that is not what the hub promised.
        """
        partial = Partial(target, wanted)
        with _disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            file, here = partial.open()
            with file, StreamHash() as stream_hash:
                _hash_again(partial.path, here, stream_hash, stopping)
                self._fill(_State(wanted, partial, file, stream_hash, here), stopping, on_progress)
                file.flush()
                os.fsync(file.fileno())
                figure = stream_hash.hexdigest()
        if wanted.sha256 is not None and figure != wanted.sha256:
            partial.discard()
            raise WrongContent(
                f"{wanted.file} of {wanted.repo} arrived with other content than the hub announces "
                f"(sha256 {figure[:12]}… instead of {wanted.sha256[:12]}…), and was deleted. Try again."
            )
        return partial

    def _fill(self, state: _State, stopping: Stopping, on_progress: Callable[[int], None]) -> None:
        fruitless = 0
        on_progress(state.here)
        while state.here < state.wanted.size_bytes:
            before = state.here
            try:
                self._attempt(state, stopping, on_progress)
                reason: Exception | None = None
            except (Unreachable, RateLimited) as error:
                reason = error
            if stopping.is_set():
                raise Stopped
            if state.here >= state.wanted.size_bytes:
                return
            fruitless = 0 if state.here > before else fruitless + 1
            if fruitless >= FRUITLESS_ATTEMPTS:
                raise DownloadError(
                    f"{state.wanted.file} could not be fetched in {fruitless} attempts. "
                    f"{reason or 'The line was cut each time.'} What came so far is kept: resume later."
                ) from reason
            if stopping.wait(self._wait_s(fruitless, reason)):
                raise Stopped

    def _wait_s(self, fruitless: int, reason: Exception | None) -> float:
        if isinstance(reason, RateLimited) and reason.retry_after_s is not None:
            return min(reason.retry_after_s, 10 * LONGEST_WAIT_S)
        # Spread out, so that many clients that were cut together do not come back together.
        return random.uniform(0.5, 1.0) * min(LONGEST_WAIT_S, self._first_wait_s * 2.0**fruitless)

    def _attempt(
        self, state: _State, stopping: Stopping, on_progress: Callable[[int], None]
    ) -> None:
        wanted = state.wanted
        headers = {}
        if state.here:
            headers["Range"] = f"bytes={state.here}-"
            if state.partial.store_etag:
                headers["If-Range"] = state.partial.store_etag
        address = self._http.file_address(wanted.repo, wanted.file, wanted.commit)
        what = f"{wanted.repo}/{wanted.file}"
        with self._http.read(address, what, headers, stopping.wires) as response:
            if response.status_code == 416:
                state.restart()
                raise Unreachable(f"The hub has no more of {wanted.file} than is here.")
            _check_announcement(wanted, response, state.here)
            if response.status_code != 206:
                state.restart()
            if not state.partial.store_etag and (etag := response.headers.get("etag")):
                state.partial.remember(etag)
            for piece in response.iter_raw():
                state.append(piece)
                on_progress(state.here)
                self._throttle.wait(len(piece), stopping)
                # Whatever a server still announces, the file is complete, and its hash will tell.
                if stopping.is_set() or state.here == wanted.size_bytes:
                    return


def _check_announcement(wanted: Wanted, response: httpx2.Response, here: int) -> None:
    """Raise HubError where the server is about to send something else."""
    if response.headers.get("content-type", "").startswith("text/html"):
        raise Unreachable(
            "A page answers in the hub's place, perhaps one to sign in to this network. Open it in a "
            "browser, then resume."
        )
    total = None
    if response.status_code == 206:
        match = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if match is None or int(match[1]) != here:
            raise Unreachable(f"The hub sends another part of {wanted.file} than was asked for.")
        total = int(match[3])
    elif response.headers.get("content-length", "").isdigit():
        total = int(response.headers["content-length"])
    if total is not None and total != wanted.size_bytes:
        raise ChangedThere(
            f"{wanted.file} of {wanted.repo} has {total:,} bytes on the hub now, not "
            f"{wanted.size_bytes:,}. List the repository again and choose the newer file."
        )


def _hash_again(path: Path, size: int, stream_hash: StreamHash, stopping: Stopping) -> None:
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(size, BUFFER_BYTES))):
            stream_hash.update(piece)
            size -= len(piece)
            if stopping.is_set():
                raise Stopped


@contextlib.contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise NoRoom(
                f"The disk that holds {target.parent} is full. Make room, then resume: what came so "
                "far is kept."
            ) from error
        raise DownloadError(
            f"{target} cannot be written: {error.strerror}. Check its rights, or move STEELYARD_HOME."
        ) from error
