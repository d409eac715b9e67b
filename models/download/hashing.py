"""The sha256 of a file while it is being written, beside the thread that writes."""

from __future__ import annotations

import hashlib
import queue
import threading
from types import TracebackType
from typing import Final, Self

PIECES: Final = 64  # waiting at most; the writer waits then


class _Restart:
    """Stands in the queue where what came before it no longer counts."""


class _End:
    """Stands in the queue behind the last piece."""


class StreamHash:
    """Takes pieces in order; `with` ends its thread."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._pieces: queue.Queue[bytes | _Restart | _End] = queue.Queue(PIECES)
        self._thread = threading.Thread(target=self._run, name="download-hash", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hexdigest()

    def update(self, piece: bytes) -> None:
        self._pieces.put(piece)

    def restart(self) -> None:
        """Forget all pieces so far."""
        self._pieces.put(_Restart())

    def hexdigest(self) -> str:
        """The figure of all pieces; nothing may be added after it."""
        if self._thread.is_alive():
            self._pieces.put(_End())
            self._thread.join()
        return self._digest.hexdigest()

    def _run(self) -> None:
        while not isinstance(piece := self._pieces.get(), _End):
            if isinstance(piece, _Restart):
                self._digest = hashlib.sha256()
            else:
                self._digest.update(piece)
