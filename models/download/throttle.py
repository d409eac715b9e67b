"""One bandwidth, shared by all downloads."""

from __future__ import annotations

import threading
import time
from typing import Final

BURST_S: Final = 0.1  # what may come at once, so that a limit does not cost throughput


class Throttle:
    """Its limit may be changed while downloads run; None is no limit."""

    def __init__(self, bytes_per_s: float | None = None) -> None:
        self.bytes_per_s = bytes_per_s
        self._paid_until = 0.0
        self._lock = threading.Lock()

    def wait(self, size: int, stopping: threading.Event) -> None:
        """Wait until `size` more bytes are within the limit, or until `stopping`."""
        limit = self.bytes_per_s
        if not limit:
            return
        with self._lock:
            now = time.monotonic()
            self._paid_until = max(self._paid_until, now - BURST_S) + size / limit
            delay_s = self._paid_until - now
        if delay_s > 0:
            stopping.wait(delay_s)
