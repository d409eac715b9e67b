"""The limit of batched generation: the tokens of a suite as llama_decode calls, without sampling or text.

`python benchmarks/bare_batch.py MODEL THREADS SCHEDULE` prints the seconds; SCHEDULE is JSON with the
sequences at a time, the shared tokens and each case's own prompt tokens and generated tokens.
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
    memory = lib.llama_get_memory(context)
    batch = SharedBatch(N_CTX)

    def decode() -> None:
        assert lib.llama_decode(context, batch.raw) == 0
        lib.llama_synchronize(context)

    batch.add(0, [1, 2], 0, logits=True)
    decode()
    lib.llama_memory_clear(memory, False)

    shared = int(schedule["shared"])
    # What a case copied beyond the common beginning is not evaluated here either.
    waiting = [tuple(case) for case in reversed(schedule["cases"])]
    free = list(range(1, sequences + 1))
    running: list[list[int]] = []
    begun = time.perf_counter()
    batch.clear()
    batch.add(0, [7] * shared, 0, logits=False)
    decode()
    while waiting or running:
        while free and waiting:
            n_prompt, n_left = waiting.pop()
            number = min(free)
            free.remove(number)
            lib.llama_memory_seq_cp(memory, 0, number, -1, -1)
            running.append([number, shared, n_prompt, n_left])
            batch.clear()
            batch.add(number, [7] * n_prompt, shared, logits=True)
            decode()
            running[-1][1:3] = [shared + n_prompt, 1]
            running[-1][3] -= 1
        for case in sorted(running, reverse=True):
            gap = min(free, default=case[0])
            if gap < case[0]:
                lib.llama_memory_seq_cp(memory, case[0], gap, -1, -1)
                free[free.index(gap)], case[0] = case[0], gap
        batch.clear()
        for case in sorted(running):
            batch.add(case[0], [7], case[1], logits=True)
            case[1] += 1
            case[3] -= 1
        decode()
        for case in [each for each in running if each[3] < 0]:
            lib.llama_memory_seq_rm(memory, case[0], -1, -1)
            running.remove(case)
            free.append(case[0])
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
