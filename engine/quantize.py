"""A quantization of a GGUF file, made by llama.cpp in a worker that can be ended at any moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from engine.client import Stopped, WorkerClient
from engine.protocol import Progress, Quantize


def quantize(
    source: Path,
    target: Path,
    file_type: int,
    *,
    threads: int = 0,
    on_progress: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
    start_worker: Callable[[str], WorkerClient] = WorkerClient,
) -> None:
    """Write `target`, which appears under its name only when it is whole.

    file_type is llama.cpp's llama_ftype number; threads 0 means all. `cancelled` is asked at each tensor.
    Raises Stopped when it said yes, QuantizeError with llama.cpp's reason, WorkerDied.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    client = start_worker(f"The worker that makes {target.name}")
    try:
        client.start()
        request = Quantize(
            id=client.next_id(),
            source=str(source),
            target=str(partial),
            file_type=file_type,
            threads=threads,
        )
        for response in client.ask(request):
            if isinstance(response, Progress):
                on_progress(response.fraction)
            if cancelled():
                client.kill()
                raise Stopped
        _sync(partial)
        partial.replace(target)
    finally:
        client.close()
        partial.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Reach the disk before the file gets its name, so that a power cut leaves none that is half."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
