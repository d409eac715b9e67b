"""Runs a speed test with a depth twice, and prints what lay in the cache after each of its repetitions.

    python speed_probe.py MODEL

A list of [first position, last position]; the second repetition begins with the kept state.
"""

from __future__ import annotations

import json
import sys

import llama_cpp.llama_cpp as lib

from engine.contract import Runtime, SpeedTest
from engine.protocol import Load
from engine.worker.backend import Backend
from engine.worker.context import Shape
from engine.worker.interrupt import Interrupt
from engine.worker.loading import load_model
from engine.worker.speed import Repetitions

TEST = SpeedTest(n_prompt=3, n_gen=2, n_depth=40)


def main() -> None:
    backend, interrupt = Backend(), Interrupt()
    runtime = Runtime(threads=1, n_batch=32)
    load = Load(id=1, path=sys.argv[1], runtime=runtime, n_gpu_layers=0)
    loaded, _, _ = load_model(backend, load, interrupt, lambda _fraction: None)
    loaded.reshape(backend, interrupt, Shape(n_ctx=TEST.n_ctx))
    repetitions = Repetitions(loaded, TEST)
    found = []
    for _ in range(2):
        repetitions.once()
        first, last = (
            ask(loaded.memory, 0)
            for ask in (lib.llama_memory_seq_pos_min, lib.llama_memory_seq_pos_max)
        )
        found.append([first, last])
    repetitions.close()
    loaded.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
