"""The limit of batched generation: the tokens of a suite as llama_decode calls, without sampling or text.

`python benchmarks/bare_batch.py MODEL THREADS SCHEDULE` prints the seconds; SCHEDULE is JSON with the
sequences at a time, the shared tokens and each case's own prompt tokens and steps after them.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import llama_cpp.llama_cpp as lib

from engine.worker.shared_batch import SharedBatch

N_CTX = 512


def open_context(path: str, threads: int, sequences: int) -> Any:
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
    params = lib.llama_context_default_params()
    params.n_ctx, params.n_batch = N_CTX * (sequences + 1), N_CTX
    params.n_seq_max = sequences + 1
    params.flash_attn_type = 0
    params.n_outputs_max = sequences + 1
    params.n_threads = params.n_threads_batch = threads
    return lib.llama_init_from_model(model, params)


def main() -> None:
    schedule = json.loads(sys.argv[3])
    sequences = int(schedule["sequences"])
    context = open_context(sys.argv[1], int(sys.argv[2]), sequences)
    batch = SharedBatch(N_CTX)
    batch.add(0, [1, 2], 0, logits=True)
    decode(context, batch)
    lib.llama_memory_clear(lib.llama_get_memory(context), False)
    begun = time.perf_counter()
    run(context, batch, schedule)
    print(time.perf_counter() - begun)


def run(context: Any, batch: SharedBatch, schedule: Any) -> None:
    memory = lib.llama_get_memory(context)
    shared = int(schedule["shared"])
    # What a case copied beyond the common beginning is not evaluated here either.
    waiting = [tuple(case) for case in reversed(schedule["cases"])]
    free = list(range(1, int(schedule["sequences"]) + 1))
    running: list[list[int]] = []
    batch.clear()
    batch.add(0, [7] * shared, 0, logits=False)
    decode(context, batch)
    while waiting or running:
        while free and waiting:
            n_prompt, n_steps = waiting.pop()
            number = min(free)
            free.remove(number)
            lib.llama_memory_seq_cp(memory, 0, number, -1, -1)
            batch.clear()
            batch.add(number, [7] * n_prompt, shared, logits=True)
            decode(context, batch)
            running.append([number, shared + n_prompt, n_steps])
        close_gaps(memory, running, free)
        batch.clear()
        for case in sorted(running):
            batch.add(case[0], [7], case[1], logits=True)
            case[1:] = [case[1] + 1, case[2] - 1]
        decode(context, batch)
        for case in [each for each in running if each[2] <= 0]:
            running.remove(case)
            free.append(case[0])


def close_gaps(memory: Any, running: list[list[int]], free: list[int]) -> None:
    """A micro-batch takes neighbouring sequences only."""
    for case in sorted(running, reverse=True):
        gap = min(free, default=case[0])
        if gap < case[0]:
            lib.llama_memory_seq_cp(memory, case[0], gap, -1, -1)
            free[free.index(gap)], case[0] = case[0], gap


def decode(context: Any, batch: SharedBatch) -> None:
    assert lib.llama_decode(context, batch.raw) == 0
    lib.llama_synchronize(context)


if __name__ == "__main__":
    main()
