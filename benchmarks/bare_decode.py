"""The limit that our speed is held against: llama_decode alone, no sampling, no text, no pipe.

`python benchmarks/bare_decode.py MODEL THREADS N_CTX` loads the model and answers lines on standard input:
"prompt N" evaluates N random tokens, "generate P N" evaluates P and then times N − 1 single tokens after
the first, as our generation speed does. Each answer is the seconds taken.
"""

from __future__ import annotations

import random
import sys
import time
from typing import Any

import llama_cpp.llama_cpp as lib

from engine.worker.batch import Batch


class BareModel:
    def __init__(self, path: str, threads: int, n_ctx: int) -> None:
        lib.llama_backend_init()
        model_params = lib.llama_model_default_params()
        self._model = lib.llama_model_load_from_file(path.encode(), model_params)
        params = lib.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = min(2048, n_ctx)
        params.n_threads = params.n_threads_batch = threads
        params.n_outputs_max = 1
        params.no_perf = True
        self._context: Any = lib.llama_init_from_model(self._model, params)
        self._n_vocab = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(self._model))
        self._batch = Batch(params.n_batch)

    def prompt(self, n: int) -> float:
        lib.llama_memory_clear(lib.llama_get_memory(self._context), False)
        tokens = random.choices(range(self._n_vocab), k=n)
        begun = time.perf_counter()
        lib.llama_decode(self._context, self._batch.fill(tokens, 0, logits=True))
        lib.llama_synchronize(self._context)
        return time.perf_counter() - begun

    def generate(self, n_prompt: int, n: int) -> float:
        self.prompt(n_prompt)
        begun = time.perf_counter()
        for position in range(n_prompt, n_prompt + n - 1):
            token = random.randrange(self._n_vocab)
            lib.llama_decode(self._context, self._batch.one(token, position))
            lib.llama_synchronize(self._context)
        return time.perf_counter() - begun


def main() -> None:
    model = BareModel(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print("ready", flush=True)
    for line in sys.stdin:
        what, *numbers = line.split()
        run = model.prompt if what == "prompt" else model.generate
        print(run(*map(int, numbers)), flush=True)


if __name__ == "__main__":
    main()
