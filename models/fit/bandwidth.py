"""How fast this machine's processor reads its memory."""

from __future__ import annotations

import threading
import time
from typing import Final

import numpy as np

ARRAY_BYTES: Final = 96 * 1024 * 1024  # of each thread: larger than any cache
TURNS: Final = 4


def measure_bandwidth(threads: int) -> float:
    """Bytes per second that so many threads read together; takes about a fifth of a second.

    The best of some turns: other programs can only make it slower. It is what decoding with as many
    threads could read at most.
    """
    arrays = [np.ones(ARRAY_BYTES // 8) for _ in range(max(1, threads))]
    best_s = min(_turn(arrays) for _ in range(TURNS))
    return len(arrays) * ARRAY_BYTES / best_s


def _turn(arrays: list[np.ndarray[tuple[int], np.dtype[np.float64]]]) -> float:
    # max reads at the memory's speed and lets other threads run.
    workers = [threading.Thread(target=array.max, name="bandwidth") for array in arrays]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - begun
