"""Ctrl+C: the first press stops and keeps what is there, the second leaves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

_WAIT_S: Final = 5.0


class StopOnInterrupt:
    """While it is entered, the first SIGINT calls `stop` and the second raises KeyboardInterrupt.

    `stop` runs on a thread of its own: the signal may have come while the main thread holds a lock that
    stopping needs.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._thread: threading.Thread | None = None
        self._before: object = None

    @property
    def pressed(self) -> bool:
        return self._thread is not None

    def __enter__(self) -> StopOnInterrupt:
        self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]  # what signal gave
        if self._thread is not None:
            self._thread.join(_WAIT_S)

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        if self._thread is not None:
            raise KeyboardInterrupt
        self._thread = threading.Thread(target=self._stop, name="stop")
        self._thread.start()
