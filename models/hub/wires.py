"""The connections of a client, so that another thread can cut them while one waits for an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Mapping
from typing import Final

_OPENED: Final = ("connect_tcp.complete", "start_tls.complete")


class Wires:
    """`note` is the `trace` extension of each request, and learns of the sockets that it opens."""

    def __init__(self) -> None:
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        # A signal may cut in the very thread that is just noting a socket.
        self._lock = threading.RLock()

    def note(self, event: str, details: Mapping[str, object]) -> None:
        if not event.endswith(_OPENED):
            return
        self.hold(details.get("return_value"))

    def hold(self, stream: object) -> None:
        """Take a connection that was there already, as a response's `network_stream`."""
        wire = getattr(stream, "get_extra_info", lambda name: None)("socket")
        if isinstance(wire, socket.socket):
            with self._lock:
                self._sockets.add(wire)

    def cut(self) -> None:
        """End every connection; whoever waits for one has its error at once.

        Closing alone does not wake a thread that reads.
        """
        with self._lock:
            for wire in tuple(self._sockets):
                with contextlib.suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)


class Stopping(threading.Event):
    """Once it is set, what is being fetched for it ends at once, and not when the hub answers."""

    def __init__(self) -> None:
        super().__init__()
        self.wires = Wires()

    def set(self) -> None:
        super().set()
        self.wires.cut()
