"""A file that a worker makes: there as a whole or not at all, and called off at any moment.

llama.cpp cannot stop what it makes here, so calling it off ends the worker's process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.client import Stopped, WorkerClient
from engine.errors import WorkerDied
from engine.protocol import Progress, Request, Response

_LOOK_EVERY_S = 0.1


def make_file(
    target: Path,
    order: Callable[[WorkerClient, str], Request],
    *,
    on_progress: Callable[[float], None],
    cancelled: Callable[[], bool],
    start_worker: Callable[[str], WorkerClient],
) -> None:
    """Have a worker write a file beside `target`, then give it that name.

    order gives the request with the path to write to; it may ask the worker, which is idle then.
    `cancelled` is asked from another thread too. Raises Stopped when it said yes, the worker's refusal,
    WorkerDied, and what order raises.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    client = start_worker(f"The worker that makes {target.name}")
    try:
        client.start()
        request = order(client, str(partial))
        for response in _ask(client, request, cancelled):
            if isinstance(response, Progress):
                on_progress(response.fraction)
        _sync(partial)
        partial.replace(target)
    finally:
        client.close()
        partial.unlink(missing_ok=True)


def _ask(
    client: WorkerClient, request: Request, cancelled: Callable[[], bool]
) -> Iterator[Response]:
    """The responses, or Stopped within a tenth of a second: between two of them minutes may pass."""
    over, called_off = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_EVERY_S):
            if cancelled():
                called_off.set()
                client.kill()
                return

    watching = threading.Thread(target=watch, name="calling-off", daemon=True)
    watching.start()
    try:
        for response in client.ask(request):
            yield response
            if cancelled():
                client.kill()
                raise Stopped
    except WorkerDied:
        if called_off.is_set():
            raise Stopped from None
        raise
    finally:
        over.set()
        watching.join()


def _sync(path: Path) -> None:
    """Reach the disk before the file gets its name, so that a power cut leaves none that is half."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
