"""Speed tests exactly as llama-bench runs them.

Source: tools/llama-bench/llama-bench.cpp, test_prompt and test_gen: a context just large enough for the
test, random tokens (the first is BOS where the vocabulary adds one), no sampling, the cache cleared before
each repetition, synchronised after the prompt and after each generated token. The warm-up is one whole
prompt, or one generated token. What a test finds in the cache (its depth) is evaluated once, untimed, and
put back for the other repetitions.
"""

from __future__ import annotations

import ctypes
import random
import time
from collections.abc import Callable
from typing import Any

import llama_cpp.llama_cpp as lib

from engine.contract import SpeedTest
from engine.protocol import ContextMade, Measure, Sample
from engine.worker.backend import Backend
from engine.worker.batch import Batch
from engine.worker.context import Shape
from engine.worker.decoding import DecodeStopped, decode
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel
from engine.worker.refused import RequestRefused


def measure(
    backend: Backend,
    loaded: LoadedModel,
    request: Measure,
    interrupt: Interrupt,
    send: Callable[[ContextMade | Sample], None],
) -> None:
    """Send one Sample a repetition; raises RequestRefused when stopped or when there is no room."""
    test = request.test
    loaded.reshape(backend, interrupt, Shape(n_ctx=test.n_ctx))
    send(ContextMade(id=request.id, runtime=loaded.resolved))
    run = Repetitions(loaded, test)
    try:
        if request.warm_up:
            run.warm_up()
        for _ in range(request.repetitions):
            elapsed = run.once()
            send(Sample(id=request.id, tokens=test.n_prompt + test.n_gen, elapsed_ns=elapsed))
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "The measurement was stopped.") from stopped
    finally:
        run.close()


class Repetitions:
    """One test, over and over; `close` frees its batch."""

    def __init__(self, loaded: LoadedModel, test: SpeedTest) -> None:
        self._loaded = loaded
        self._test = test
        self._batch = Batch(loaded.resolved.n_batch)
        self._depth: Any | None = None

    def warm_up(self) -> None:
        lib.llama_memory_clear(self._loaded.memory, False)
        self._prompt(self._test.n_prompt, 0)
        self._generate(min(self._test.n_gen, 1), self._test.n_prompt)

    def once(self) -> int:
        """Nanoseconds for one repetition."""
        test = self._test
        lib.llama_memory_clear(self._loaded.memory, False)
        self._go_to_depth()
        begun = time.perf_counter_ns()
        self._prompt(test.n_prompt, test.n_depth)
        self._generate(test.n_gen, test.n_depth + test.n_prompt)
        return time.perf_counter_ns() - begun

    def close(self) -> None:
        self._batch.close()

    def _go_to_depth(self) -> None:
        context, n_depth = self._loaded.context, self._test.n_depth
        if not n_depth:
            return
        if self._depth is not None and lib.llama_state_seq_set_data(
            context, self._depth, len(self._depth), 0
        ):
            return
        self._prompt(n_depth, 0)
        self._depth = (ctypes.c_uint8 * lib.llama_state_seq_get_size(context, 0))()
        lib.llama_state_seq_get_data(context, self._depth, len(self._depth), 0)

    def _prompt(self, n: int, position: int) -> None:
        context, n_batch = self._loaded.context, self._loaded.resolved.n_batch
        for start in range(position, position + n, n_batch):
            tokens = self._random_tokens(min(n_batch, position + n - start), start)
            decode(context, self._batch.fill(tokens, start, logits=True))
        if n:
            lib.llama_synchronize(context)

    def _generate(self, n: int, position: int) -> None:
        context = self._loaded.context
        for place in range(position, position + n):
            (token,) = self._random_tokens(1, place)
            decode(context, self._batch.one(token, place))
            lib.llama_synchronize(context)

    def _random_tokens(self, n: int, position: int) -> list[int]:
        vocabulary = self._loaded.vocabulary
        tokens = random.choices(range(vocabulary.size), k=n)
        if position == 0 and vocabulary.adds_bos:
            tokens[0] = vocabulary.bos
        return tokens
