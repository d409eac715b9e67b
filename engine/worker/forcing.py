"""Teacher forcing: a given reply put through a model after its prompt, for the logits at each token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import llama_cpp.llama_cpp as lib
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.protocol import Load
from engine.quality.fidelity_kernel import Floats
from engine.worker.backend import Backend
from engine.worker.batch import Batch
from engine.worker.decoding import DecodeStopped, all_logits, decode
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel, load_model

ROWS_AT_ONCE = 64


class ForcedModel:
    """A loaded model that reads instead of writing. `close` frees it."""

    def __init__(self, loaded: LoadedModel, interrupt: Interrupt) -> None:
        self.loaded = loaded
        self.vocabulary = loaded.vocabulary
        self._interrupt = interrupt
        self._batch = Batch(loaded.resolved.n_batch)

    @property
    def rows_at_once(self) -> int:
        return min(ROWS_AT_ONCE, self.loaded.resolved.n_batch)

    def begin(self, prompt: Sequence[int]) -> None:
        """Forget all, then read the prompt but for its last token, whose logits score the reply's first."""
        lib.llama_memory_clear(self.loaded.memory, False)
        step = self.loaded.resolved.n_batch
        for start in range(0, len(prompt) - 1, step):
            self._check()
            part = prompt[start : min(start + step, len(prompt) - 1)]
            decode(self.loaded.context, self._batch.fill(part, start, logits=False))

    def rows(self, tokens: NDArray[np.int32], position: int) -> Floats:
        """The logits after each of these tokens, in llama.cpp's memory until the next call."""
        self._check()
        decode(self.loaded.context, self._batch.fill_from(tokens, first_output=0, start=position))
        return all_logits(self.loaded.context, len(tokens), self.vocabulary.size)

    def close(self) -> None:
        self._batch.close()
        self.loaded.close()

    def _check(self) -> None:
        if self._interrupt.is_set():
            raise DecodeStopped


@contextmanager
def forced_models(
    backend: Backend,
    orders: Sequence[Load],
    interrupt: Interrupt,
    on_progress: Callable[[float], None],
) -> Iterator[list[ForcedModel]]:
    """Several models side by side. Raises RequestRefused where one cannot be loaded."""
    held: list[ForcedModel] = []
    try:
        for number, order in enumerate(orders):
            loaded, _, _ = load_model(
                backend,
                replace(order, n_outputs=ROWS_AT_ONCE),
                interrupt,
                lambda part, n=number: on_progress((n + part) / len(orders)),  # type: ignore[misc]
            )
            held.append(ForcedModel(loaded, interrupt))
        yield held
    finally:
        for model in held:
            model.close()


def slices(
    models: Sequence[ForcedModel], prompt: Sequence[int], reply: Sequence[int]
) -> Iterator[tuple[NDArray[np.int64], list[Floats]]]:
    """The reply in parts: its tokens, and each model's logits for them.

    All models read the same tokens, so that their distributions can be compared at each. A part's logits
    are valid until the next part is asked for. Raises DecodeStopped.
    """
    for model in models:
        model.begin(prompt)
    inputs = [prompt[-1], *reply[:-1]]
    step = min(model.rows_at_once for model in models)
    for start in range(0, len(inputs), step):
        part = np.array(inputs[start : start + step], np.int32)
        position = len(prompt) - 1 + start
        rows = [model.rows(part, position) for model in models]
        yield np.array(reply[start : start + len(part)], np.int64), rows
