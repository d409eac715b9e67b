"""Speed tests exactly as llama-bench runs them.

Source: tools/llama-bench/llama-bench.cpp, test_prompt and test_gen: random tokens (the first is BOS where
the vocabulary adds one), no sampling, the cache cleared before each repetition, synchronised after the
prompt and after each generated token. The warm-up is one whole prompt, or one generated token.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import llama_cpp.llama_cpp as lib

from engine.protocol import Measure, Sample
from engine.worker.batch import Batch
from engine.worker.decoding import DecodeStopped, decode
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel
from engine.worker.refused import RequestRefused


def measure(
    loaded: LoadedModel, request: Measure, interrupt: Interrupt, send: Callable[[Sample], None]
) -> None:
    """Send one Sample a repetition; raises RequestRefused when stopped or when the context is too small."""
    tokens = request.n_prompt + request.n_gen
    if tokens > loaded.resolved.n_ctx:
        raise RequestRefused(
            "context",
            f"The test takes {tokens} tokens, the context holds {loaded.resolved.n_ctx}.",
        )
    batch = Batch(loaded.resolved.n_batch)
    try:
        if request.warm_up:
            _run(loaded, batch, request.n_prompt, min(request.n_gen, 1))
        for _ in range(request.repetitions):
            elapsed = _run(loaded, batch, request.n_prompt, request.n_gen)
            send(Sample(id=request.id, tokens=tokens, elapsed_ns=elapsed))
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "The measurement was stopped.") from stopped
    finally:
        batch.close()


def _run(loaded: LoadedModel, batch: Batch, n_prompt: int, n_gen: int) -> int:
    """Nanoseconds for one repetition."""
    lib.llama_memory_clear(loaded.memory, False)
    begun = time.perf_counter_ns()
    for start in range(0, n_prompt, loaded.resolved.n_batch):
        n = min(loaded.resolved.n_batch, n_prompt - start)
        decode(loaded.context, batch.fill(_random_tokens(loaded, n, start), start, logits=True))
    if n_prompt:
        lib.llama_synchronize(loaded.context)
    for position in range(n_prompt, n_prompt + n_gen):
        (token,) = _random_tokens(loaded, 1, position)
        decode(loaded.context, batch.one(token, position))
        lib.llama_synchronize(loaded.context)
    return time.perf_counter_ns() - begun


def _random_tokens(loaded: LoadedModel, n: int, start: int) -> list[int]:
    tokens = random.choices(range(loaded.vocabulary.size), k=n)
    if start == 0 and loaded.vocabulary.adds_bos:
        tokens[0] = loaded.vocabulary.bos
    return tokens
