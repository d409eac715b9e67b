"""Making an importance matrix of a text, as llama-imatrix makes it with its defaults.

tools/imatrix/imatrix.cpp, llama.cpp 0c1e570: chunks of 512 tokens, four of them side by side in a batch,
each beginning with BOS where the vocabulary adds one, and outputs asked for of every token, so that the
last layer sees all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from engine.protocol import CollectImportance
from engine.quality.chunks import chunk, without_last_newline
from engine.worker.backend import Backend
from engine.worker.context import error_lines, physical_cores
from engine.worker.decoding import DecodeStopped, decode
from engine.worker.imatrix_file import write_imatrix
from engine.worker.imatrix_sums import Collector
from engine.worker.interrupt import Interrupt
from engine.worker.loading import check_readable, load_weights
from engine.worker.refusals import explain_failed_load
from engine.worker.refused import RequestRefused
from engine.worker.shared_batch import SharedBatch
from engine.worker.vocabulary import Vocabulary

N_CTX = 512
_SIDE_BY_SIDE = 4
_FEWEST_CHUNKS = 2
_LOADING_SHARE = 0.05
Report = Callable[[float], None]


def collect(
    backend: Backend, request: CollectImportance, interrupt: Interrupt, on_progress: Report
) -> None:
    """Write the matrix to the request's target; raises RequestRefused, and for a stop too."""
    backend.add_rpc_servers(request.model.runtime.rpc_servers)
    check_readable(Path(request.model.path))
    backend.clear_log()

    def on_load(fraction: float) -> None:
        on_progress(_LOADING_SHARE * fraction)

    model = load_weights(backend, request.model, interrupt, on_load)
    try:
        chunks = _chunks(model, request)
        progress = _Progress(len(chunks), lib.llama_model_n_layer(model), on_progress)
        collector = Collector(progress.reach_layer)
        context = _make_context(backend, model, request, interrupt, collector)
        try:
            _evaluate(context, chunks, collector, progress)
        finally:
            lib.llama_free(context)
    finally:
        lib.llama_model_free(model)
    _write(request, collector)


def _chunks(model: Any, request: CollectImportance) -> npt.NDArray[np.int32]:
    """A row of tokens for each chunk."""
    vocabulary = Vocabulary(lib.llama_model_get_vocab(model))
    text = without_last_newline(request.text)
    tokens = vocabulary.tokenize(text, add_special=True, parse_special=False)
    if len(tokens) < _FEWEST_CHUNKS * N_CTX:
        raise RequestRefused(
            "quantize",
            f"{request.dataset} has {len(tokens):,} tokens for this model, and an importance matrix "
            f"takes {_FEWEST_CHUNKS * N_CTX:,} or more. Choose a longer text.",
        )
    bos = vocabulary.bos if vocabulary.adds_bos else None
    return chunk(tokens, N_CTX, bos).decoded[: request.max_chunks]


def _make_context(
    backend: Backend,
    model: Any,
    request: CollectImportance,
    interrupt: Interrupt,
    collector: Collector,
) -> Any:
    threads = request.model.runtime.threads or physical_cores()
    params = lib.llama_context_default_params()
    params.n_ctx = params.n_batch = _SIDE_BY_SIDE * N_CTX
    params.n_seq_max = _SIDE_BY_SIDE
    params.n_threads = params.n_threads_batch = threads
    params.swa_full = False
    params.no_perf = True
    params.abort_callback = interrupt.callback
    params.abort_callback_data = interrupt.address
    params.cb_eval = collector.callback
    context = lib.llama_init_from_model(model, params)
    if not context:
        name = Path(request.model.path)
        raise RequestRefused(*explain_failed_load(name, error_lines(backend)))
    return context


def _evaluate(
    context: Any, chunks: npt.NDArray[np.int32], collector: Collector, progress: _Progress
) -> None:
    batch = SharedBatch(_SIDE_BY_SIDE * N_CTX)
    for start in range(0, len(chunks), _SIDE_BY_SIDE):
        group = chunks[start : start + _SIDE_BY_SIDE]
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        batch.clear()
        for sequence, tokens in enumerate(group):
            batch.add(sequence, tokens, 0, logits=True)
        batch.want_all_logits()
        progress.begin_group(start, len(group))
        try:
            decode(context, batch.raw)
            lib.llama_synchronize(context)
        except DecodeStopped as stopped:
            raise RequestRefused("stopped", "Reading the text was stopped.") from stopped
        if collector.fault is not None:
            raise collector.fault


def _write(request: CollectImportance, collector: Collector) -> None:
    if not collector.sums:
        name = Path(request.model.path).name
        raise RequestRefused("quantize", f"{name} has no layers that an importance matrix is of.")
    try:
        write_imatrix(
            Path(request.target),
            collector.sums,
            dataset=request.dataset,
            chunks=collector.chunks(N_CTX),
            n_ctx=N_CTX,
        )
    except OSError as error:
        raise RequestRefused(
            "quantize",
            f"The importance matrix could not be written to {Path(request.target).parent}: "
            f"{error.strerror or error}.",
        ) from error


class _Progress:
    """How far the text is read, told from the layer that llama.cpp is at: a group can take minutes."""

    def __init__(self, chunks: int, layers: int, report: Report) -> None:
        self._chunks = chunks
        self._layers = layers
        self._report = report
        self._start = self._size = self._passes = self._layer = 0

    def begin_group(self, start: int, size: int) -> None:
        self._start, self._size = start, size
        self._passes = self._layer = 0

    def reach_layer(self, layer: int) -> None:
        """llama.cpp takes a group in as many passes through the layers as it has chunks."""
        if layer < self._layer:
            self._passes += 1
        self._layer = layer
        within = min(self._passes + layer / max(self._layers, 1), self._size)
        read = (self._start + within) / self._chunks
        self._report(_LOADING_SHARE + (1 - _LOADING_SHARE) * read)
