"""Requests as they arrive: read on a thread of their own, so that a stop is seen while llama.cpp works."""

from __future__ import annotations

import os
import queue
import threading
import time

import msgspec

from engine.frames import EndOfStream, read_frame
from engine.protocol import Request, Stop
from engine.worker.interrupt import Interrupt

_LAST_GRACE_S = 3.0


class Inbox:
    """`next` gives a request with the moment it was read, or None at the end of the input.

    At the end of the input the running request is interrupted; a decode that does not let go within
    3 s is ended with the process, so that no worker outlives its parent.
    """

    def __init__(self, fd: int, interrupt: Interrupt) -> None:
        self._fd = fd
        self._interrupt = interrupt
        self._queue: queue.SimpleQueue[tuple[Request, float] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running = 0
        self._last_ended = 0
        self._stopped_early: set[int] = set()

    def start(self) -> None:
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self) -> tuple[Request, float] | None:
        return self._queue.get()

    def begin(self, request_id: int) -> None:
        """From here on a stop of this request interrupts llama.cpp."""
        with self._lock:
            self._running = request_id
            self._interrupt.clear()
            if request_id in self._stopped_early:
                self._stopped_early.discard(request_id)
                self._interrupt.set()

    def end(self, request_id: int) -> None:
        with self._lock:
            self._running = 0
            self._last_ended = request_id
            self._interrupt.clear()

    def _stop(self, request_id: int) -> None:
        with self._lock:
            if request_id == self._running:
                self._interrupt.set()
            elif request_id > self._last_ended:
                self._stopped_early.add(request_id)

    def _read(self) -> None:
        decoder = msgspec.msgpack.Decoder(Request)
        while True:
            try:
                frame = read_frame(self._fd)
            except (EndOfStream, OSError):
                break
            received = time.perf_counter()
            message = decoder.decode(frame)
            if isinstance(message, Stop):
                self._stop(message.id)
            else:
                self._queue.put((message, received))
        self._interrupt.set()
        self._queue.put(None)
        # The main thread leaves the process by itself unless a backend holds it.
        threading.Event().wait(_LAST_GRACE_S)
        os._exit(0)
