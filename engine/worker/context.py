"""The context of a loaded model: cache, batches, threads, adapters."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import msgspec
import psutil

from engine.contract import Runtime
from engine.protocol import Load
from engine.worker.backend import LEVEL_ERROR, LEVEL_WARN, Backend
from engine.worker.interrupt import Interrupt
from engine.worker.refusals import explain_failed_load
from engine.worker.refused import RequestRefused

DEFAULT_N_CTX = 4096
_FLASH = {"auto": -1, "off": 0, "on": 1}
_CACHE_TYPES = {
    "f32": 0,
    "f16": 1,
    "q4_0": 2,
    "q4_1": 3,
    "q5_0": 6,
    "q5_1": 7,
    "q8_0": 8,
    "iq4_nl": 20,
    "bf16": 30,
}


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """n_ctx None: the trained context, at most 4096; it is each sequence's own.

    Several sequences do not share cells: each then lies in its cache as it would alone, and with
    flash attention off a batched reply is the same as an unbatched one to the last bit (measured on CPU;
    with a unified cache or flash attention three of four replies of 48 tokens part somewhere).
    """

    n_ctx: int | None
    n_outputs: int = 1
    n_sequences: int = 1
    flash_attention: bool = True

    @property
    def most_outputs(self) -> int:
        return max(self.n_outputs, self.n_sequences)


def make_context(
    backend: Backend, model: Any, request: Load, interrupt: Interrupt, shape: Shape
) -> Any:
    """Raises RequestRefused with llama.cpp's reason."""
    runtime = request.runtime
    params = lib.llama_context_default_params()
    n_ctx = shape.n_ctx or min(lib.llama_model_n_ctx_train(model), DEFAULT_N_CTX)
    threads = runtime.threads or physical_cores()
    params.n_ctx = n_ctx * shape.n_sequences
    params.n_batch = min(runtime.n_batch, n_ctx)
    params.n_ubatch = min(runtime.n_ubatch, runtime.n_batch)
    params.n_seq_max = shape.n_sequences
    params.n_outputs_max = shape.most_outputs
    params.n_threads = threads
    params.n_threads_batch = runtime.threads_batch or threads
    params.flash_attn_type = _FLASH[runtime.flash_attention] if shape.flash_attention else 0
    params.type_k = _CACHE_TYPES[runtime.type_k]
    params.type_v = _CACHE_TYPES[runtime.type_v]
    # Cells beyond a sliding window are only for going back in a text, which no request does.
    params.swa_full = False
    params.no_perf = True
    params.abort_callback = interrupt.callback
    params.abort_callback_data = interrupt.address
    context = lib.llama_init_from_model(model, params)
    if not context:
        raise RequestRefused(*explain_failed_load(Path(request.path), error_lines(backend)))
    return context


def load_loras(backend: Backend, model: Any, runtime: Runtime) -> list[Any]:
    """The adapters, not applied yet; raises RequestRefused for one that does not fit."""
    adapters = []
    for lora in runtime.loras:
        adapter = lib.llama_adapter_lora_init(model, lora.path.encode())
        if not adapter:
            reason = (error_lines(backend) or ["it gave no reason"])[-1].strip()
            raise RequestRefused(
                "load",
                f"The LoRA adapter {Path(lora.path).name} does not fit this model: {reason}.",
            )
        adapters.append(adapter)
    return adapters


def apply_loras(context: Any, adapters: list[Any], runtime: Runtime) -> None:
    if adapters:
        handles = (lib.llama_adapter_lora_p_ctypes * len(adapters))(*adapters)
        scales = (ctypes.c_float * len(adapters))(*(lora.scale for lora in runtime.loras))
        lib.llama_set_adapters_lora(context, handles, len(adapters), scales)


def error_lines(backend: Backend) -> list[str]:
    """Error lines, with the warnings before them where they explain more."""
    lines = [line for level, line in backend.log() if level == LEVEL_ERROR]
    return lines or [line for level, line in backend.log() if level == LEVEL_WARN]


def physical_cores() -> int:
    """Physical cores that this process may use: one decode thread each is llama.cpp's best default."""
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    try:
        allowed = len(psutil.Process().cpu_affinity() or ())
    except (AttributeError, psutil.Error):
        allowed = 0
    return min(cores, allowed) if allowed else cores
