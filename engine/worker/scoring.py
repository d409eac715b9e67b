"""Scoring a text with a reference and its candidates, chunk by chunk (see engine/quality/chunks.py).

One decode of the reference serves every candidate with the same tokens: its logits stay in its context's
own memory while a candidate decodes the same chunk, and are compared there without a copy. Only the
second half of a chunk has logits. Rows are compared on as many threads as decode, between two decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
from msgspec.structs import replace

from engine.protocol import (
    REFERENCE,
    ChunkCompared,
    Load,
    Response,
    ScoreText,
    TextTokenized,
)
from engine.quality.chunks import ChunkedText, chunk, without_last_newline
from engine.quality.fidelity_kernel import (
    Doubles,
    Floats,
    compare_tokens,
    negative_log_likelihoods,
)
from engine.worker.backend import Backend
from engine.worker.batch import Batch
from engine.worker.decoding import DecodeStopped, all_logits, decode
from engine.worker.interrupt import Interrupt
from engine.worker.loading import load_model
from engine.worker.refused import RequestRefused
from engine.worker.sent_scores import joined, own_scores
from engine.worker.vocabulary import Vocabulary

Send = Callable[[Response], None]


def score_text(
    backend: Backend,
    request: ScoreText,
    interrupt: Interrupt,
    send: Send,
    on_progress: Callable[[float], None],
) -> None:
    """Send the scores of one chunk after another; a stop ends it with what was sent."""
    contestants: list[Contestant] = []
    orders = (request.reference, *request.candidates)
    try:
        for number, order in enumerate(orders):
            contestants.append(
                Contestant(
                    backend,
                    request,
                    order,
                    interrupt,
                    lambda part, n=number: on_progress((n + part) / len(orders)),  # type: ignore[misc]
                )
            )
        with ThreadPoolExecutor(contestants[0].threads, "compare") as threads:
            Scoring(request, contestants, interrupt, send, threads).run()
    except DecodeStopped:
        return
    finally:
        for contestant in contestants:
            contestant.close()


class Contestant:
    """A loaded model with its own chunks of the text."""

    def __init__(
        self,
        backend: Backend,
        request: ScoreText,
        order: Load,
        interrupt: Interrupt,
        on_progress: Callable[[float], None],
    ) -> None:
        n_ctx = request.n_ctx
        runtime = replace(order.runtime, n_ctx=n_ctx, n_batch=n_ctx)
        sized = replace(order, runtime=runtime, n_outputs=n_ctx - n_ctx // 2)
        self.loaded, _, _ = load_model(backend, sized, interrupt, on_progress)
        try:
            self.text = self._chunks(request)
        except RequestRefused:
            self.loaded.close()
            raise
        self._batch = Batch(n_ctx)
        self._outputs = n_ctx - n_ctx // 2

    @property
    def vocabulary(self) -> Vocabulary:
        return self.loaded.vocabulary

    @property
    def threads(self) -> int:
        return self.loaded.resolved.threads_batch

    def logits(self, number: int) -> Floats:
        """Rows for the scored tokens of a chunk, in llama.cpp's memory until this model's next decode."""
        loaded = self.loaded
        lib.llama_memory_clear(loaded.memory, False)
        decode(
            loaded.context,
            self._batch.fill_from(self.text.decoded[number], first_output=self.text.first_scored),
        )
        rows = all_logits(loaded.context, self._outputs, loaded.vocabulary.size)
        # The last position's logits would score a token of the next chunk.
        return rows[:-1]

    def close(self) -> None:
        self._batch.close()
        self.loaded.close()

    def _chunks(self, request: ScoreText) -> ChunkedText:
        vocabulary = self.loaded.vocabulary
        tokens = vocabulary.tokenize(
            without_last_newline(request.text), add_special=True, parse_special=False
        )
        bos = vocabulary.bos if vocabulary.adds_bos else None
        text = chunk(tokens, request.n_ctx, bos)
        if text.chunks == 0:
            raise RequestRefused(
                "request",
                f"The text has {len(tokens)} tokens, and one chunk takes {request.n_ctx}. Choose a longer "
                "text or a smaller context.",
            )
        return text


class Scoring:
    def __init__(
        self,
        request: ScoreText,
        contestants: Sequence[Contestant],
        interrupt: Interrupt,
        send: Send,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._request = request
        self._reference, *self._candidates = contestants
        self._interrupt = interrupt
        self._send = send
        self._threads = threads
        self._same = tuple(_same_tokens(self._reference, other) for other in self._candidates)

    def run(self) -> None:
        limit = self._request.max_chunks
        counts = tuple(
            each.text.chunks if limit is None else min(limit, each.text.chunks)
            for each in (self._reference, *self._candidates)
        )
        self._send(
            TextTokenized(
                id=self._request.id,
                chunks=counts,
                same_tokens=self._same,
            )
        )
        for number in range(max(counts)):
            if self._interrupt.is_set():
                return
            if number < counts[0]:
                self._with_reference(number)
            for index, same in enumerate(self._same):
                if not same and number < counts[index + 1]:
                    self._alone(index, number)

    def _with_reference(self, number: int) -> None:
        reference = self._reference.logits(number)
        targets = self._reference.text.targets[number]
        own: list[Doubles] = []
        for index, (other, same) in enumerate(zip(self._candidates, self._same, strict=True)):
            if same:
                candidate = other.logits(number)
                scores = self._split(compare_tokens, reference, candidate, targets)
                self._send(
                    ChunkCompared(
                        id=self._request.id, candidate=index, chunk=number, **joined(scores)
                    )
                )
                own = [part.nll_base for part in scores]
        if not own:
            own = self._split(negative_log_likelihoods, reference, targets)
        self._scored(REFERENCE, self._reference, number, own)

    def _alone(self, index: int, number: int) -> None:
        model = self._candidates[index]
        targets = model.text.targets[number]
        nll = self._split(negative_log_likelihoods, model.logits(number), targets)
        self._scored(index, model, number, nll)

    def _scored(self, index: int, model: Contestant, number: int, nll: list[Doubles]) -> None:
        targets = model.text.targets[number]
        n_bytes = [len(model.vocabulary.piece(int(token))) for token in targets]
        self._send(own_scores(self._request.id, index, number, nll, n_bytes))

    def _split(self, function: Callable[..., Any], *arrays: Any) -> list[Any]:
        """Call it on slices of rows at once; numpy lets go of the GIL in between."""
        n_threads = self._reference.threads
        edges = np.linspace(0, len(arrays[0]), n_threads + 1, dtype=int)
        slices = [slice(a, b) for a, b in pairwise(edges) if a < b]
        return list(
            self._threads.map(lambda part: function(*(array[part] for array in arrays)), slices)
        )


def _same_tokens(reference: Contestant, candidate: Contestant) -> bool:
    return (
        reference.vocabulary.size == candidate.vocabulary.size
        and reference.text.decoded.shape == candidate.text.decoded.shape
        and bool((reference.text.decoded == candidate.text.decoded).all())
    )
