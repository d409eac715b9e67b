"""Room for many cases side by side, and how many at a time: chosen by a short measurement."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import llama_cpp.llama_cpp as lib

from engine.errors import TemplateError
from engine.protocol import PrepareMany, SequencesChosen
from engine.worker.backend import Backend
from engine.worker.context import Shape
from engine.worker.decoding import DecodeStopped, decode
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel
from engine.worker.prompt import make_prompt
from engine.worker.refused import RequestRefused
from engine.worker.shared_batch import SharedBatch

_STEPS_PER_TRIAL = 3
_MOST_ROUNDS = 4
_LONG_ENOUGH_S = 1.5
_CELL_STEP = 256
_WORTH_MORE = 1.03


def prepare(
    backend: Backend, loaded: LoadedModel, request: PrepareMany, interrupt: Interrupt
) -> SequencesChosen:
    """Time steps of 1, 2, 4 … sequences and give the context room for as many as are fastest.

    A larger number must be worth at least 3 % more. Raises RequestRefused when stopped or out of memory.
    """
    n_ctx = _n_ctx_for(loaded, request)

    def make_room(n: int) -> None:
        # On the CPU flash attention rounds by how many tokens it gets at once; without it batches do not.
        flash = not loaded.on_cpu_only
        shape = Shape(n_ctx=n_ctx, n_sequences=n + 1, flash_attention=flash)
        loaded.reshape(backend, interrupt, shape)

    rates: dict[int, float] = {}
    best = request.n_sequences
    if best is None:
        n_most = _make_most_room(make_room, _affordable(loaded, request, n_ctx))
        rates = _rates(loaded, n_most, interrupt)
        best = _best(rates)
    if best + 1 != loaded.n_sequences:
        make_room(best)
    return SequencesChosen(
        id=request.id, n_sequences=best, n_ctx=loaded.resolved.n_ctx, tokens_per_s=rates
    )


def _affordable(loaded: LoadedModel, request: PrepareMany, n_ctx: int) -> int:
    each = max(1.0, loaded.kv_bytes_per_cell * n_ctx)
    affordable = int(request.kv_bytes / each) - 1
    # Choices are judged one case at a time.
    writing = sum(not case.continuations for case in request.cases)
    return max(1, min(request.n_most, writing, affordable))


def _make_most_room(make_room: Callable[[int], None], n: int) -> int:
    """As much as a device takes, whose free memory nobody knows exactly; gives for how many."""
    while True:
        try:
            make_room(n)
        except RequestRefused:
            if n == 1:
                raise
            n //= 2
        else:
            return n


def _n_ctx_for(loaded: LoadedModel, request: PrepareMany) -> int:
    """Room for the longest case that the model as loaded could answer, in llama.cpp's steps of 256."""
    longest = 1
    for case in request.cases:
        # A case whose prompt cannot be made is answered with its error when its turn comes.
        with suppress(RequestRefused, TemplateError):
            needed = len(make_prompt(loaded, case).tokens) + request.max_tokens
            if needed <= loaded.n_ctx_loaded:
                longest = max(longest, needed)
    return -(-longest // _CELL_STEP) * _CELL_STEP


def _rates(loaded: LoadedModel, n_most: int, interrupt: Interrupt) -> dict[int, float]:
    """Tokens per second by number of sequences, from the fastest step: one can only be slowed down.

    In turns and several times while they are quick: what slows the machine for a moment slows all alike.
    """
    batch = SharedBatch(loaded.resolved.n_batch)
    fastest: dict[int, float] = {}
    begun = time.perf_counter()
    try:
        for _ in range(_MOST_ROUNDS):
            for n in _trials(n_most):
                step_s = _step_s(loaded, batch, n, interrupt)
                fastest[n] = min(step_s, fastest.get(n, step_s))
            if time.perf_counter() - begun > _LONG_ENOUGH_S:
                break
    except DecodeStopped as stopped:
        raise RequestRefused("stopped", "The measurement was stopped.") from stopped
    return {n: n / step_s for n, step_s in fastest.items()}


def _best(rates: dict[int, float]) -> int:
    best = 1
    for n, rate in rates.items():
        if rate > rates[best] * _WORTH_MORE:
            best = n
    return best


def _trials(n_most: int) -> list[int]:
    powers = [1 << bit for bit in range(n_most.bit_length()) if 1 << bit <= n_most]
    return powers if powers[-1] == n_most else [*powers, n_most]


def _step_s(loaded: LoadedModel, batch: SharedBatch, n: int, interrupt: Interrupt) -> float:
    """Seconds of one step of n sequences."""
    lib.llama_memory_clear(loaded.memory, False)
    fastest = float("inf")
    for position in range(_STEPS_PER_TRIAL):
        if interrupt.is_set():
            raise DecodeStopped
        batch.clear()
        for number in range(1, n + 1):
            batch.add(
                number, [loaded.vocabulary.bos if position == 0 else number], position, logits=True
            )
        begun = time.perf_counter()
        decode(loaded.context, batch.raw)
        lib.llama_synchronize(loaded.context)
        fastest = min(fastest, time.perf_counter() - begun)
    return fastest
