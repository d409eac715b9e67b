"""A quantization of a GGUF file, made by llama.cpp in a worker that can be ended at any moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.client import WorkerClient
from engine.importance import ImportanceMatrix
from engine.made_file import make_file
from engine.protocol import Quantize


def quantize(
    source: Path,
    target: Path,
    file_type: int,
    *,
    importance: ImportanceMatrix | None = None,
    threads: int = 0,
    on_progress: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
    start_worker: Callable[[str], WorkerClient] = WorkerClient,
) -> None:
    """Write `target`, which appears under its name only when it is whole.

    file_type is llama.cpp's llama_ftype number; threads 0 means all. `cancelled` is asked from another
    thread too. Raises Stopped when it said yes, QuantizeError with llama.cpp's reason, WorkerDied.
    """

    def order(client: WorkerClient, partial: str) -> Quantize:
        return Quantize(
            id=client.next_id(),
            source=str(source),
            target=partial,
            file_type=file_type,
            threads=threads,
            importance=importance,
        )

    make_file(
        target, order, on_progress=on_progress, cancelled=cancelled, start_worker=start_worker
    )
