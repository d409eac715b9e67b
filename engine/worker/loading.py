"""Loading a model and its context, with every setting resolved and reported back."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import msgspec
import psutil

from engine.contract import Memory, ResolvedRuntime, Runtime
from engine.protocol import Load
from engine.worker.backend import LEVEL_ERROR, LEVEL_WARN, Backend
from engine.worker.figures import LoadFigures, read_figures
from engine.worker.interrupt import Interrupt
from engine.worker.process_memory import MemoryWatch, cached_fraction
from engine.worker.refusals import explain_failed_load
from engine.worker.refused import RequestRefused
from engine.worker.template import ChatTemplate
from engine.worker.vocabulary import Vocabulary

DEFAULT_N_CTX = 4096
_SPLIT_MODES = {"none": 0, "layer": 1, "row": 2}
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


class LoadedModel:
    """A model with one context. `close` frees both; the process should end soon after."""

    def __init__(
        self,
        request: Load,
        model: Any,
        context: Any,
        resolved: ResolvedRuntime,
        watch: MemoryWatch,
    ) -> None:
        self.request = request
        self.model = model
        self.context = context
        self.memory = lib.llama_get_memory(context)
        self.vocabulary = Vocabulary(lib.llama_model_get_vocab(model))
        self.resolved = resolved
        self.watch = watch
        self.template = self._make_template()

    @property
    def on_cpu_only(self) -> bool:
        return all(use.name == "CPU" for use in self.resolved.devices)

    def memory_figures(self) -> Memory:
        return self.watch.memory(
            sum(
                use.model_bytes + use.kv_bytes + use.compute_bytes
                for use in self.resolved.devices
                if use.name != "CPU"
            )
        )

    def _make_template(self) -> ChatTemplate | None:
        """From the runtime's source, else the file's; a base model has none."""
        source = self.request.runtime.chat_template
        if source is None:
            raw = lib.llama_model_chat_template(self.model, None)
            if not raw:
                return None
            source = raw.decode("utf-8", "replace")
        return ChatTemplate(
            source,
            bos_token=self.vocabulary.special_text(self.vocabulary.bos),
            eos_token=self.vocabulary.special_text(self.vocabulary.eos),
        )

    def close(self) -> None:
        if self.template is not None:
            self.template.close()
        lib.llama_free(self.context)
        lib.llama_model_free(self.model)


def load_model(
    backend: Backend, request: Load, interrupt: Interrupt, on_progress: Callable[[float], None]
) -> tuple[LoadedModel, float, float | None]:
    """Load as asked; gives the model, the seconds it took and the page cache's share before it.

    Raises RequestRefused with a sentence for everything that the file, the settings or the memory forbid.
    """
    runtime = request.runtime
    path = Path(request.path)
    backend.add_rpc_servers(runtime.rpc_servers)
    cached = _check_readable(path)
    backend.clear_log()
    watch = MemoryWatch()
    begun = time.perf_counter()
    model = _load_weights(backend, request, interrupt, on_progress)
    try:
        context = _make_context(backend, model, request, interrupt)
        try:
            _apply_loras(backend, model, context, runtime)
        except RequestRefused:
            lib.llama_free(context)
            raise
    except RequestRefused:
        lib.llama_model_free(model)
        raise
    load_s = time.perf_counter() - begun
    watch.look()
    devices = [info for _, info in backend.devices()]
    figures = read_figures((line for _, line in backend.log()), devices)
    on_device = any(use.name != "CPU" and use.model_bytes for use in figures.devices)
    resolved = msgspec.structs.replace(
        _resolve(request, model, context, figures), llama_cpp=backend.build()
    )
    if not on_device:
        # llama.cpp counts layers as offloaded even where no device could take them.
        resolved = msgspec.structs.replace(resolved, offloaded_layers=0)
    return LoadedModel(request, model, context, resolved, watch), load_s, cached


def _check_readable(path: Path) -> float | None:
    try:
        with path.open("rb") as file:
            file.read(1)
        return cached_fraction(path)
    except FileNotFoundError as missing:
        raise RequestRefused(
            "missing", f"{path.name} is not there any more: {path}. Choose the file again."
        ) from missing
    except OSError as error:
        raise RequestRefused(
            "unreadable",
            f"{path.name} cannot be read: {error.strerror or error}. Check its rights.",
        ) from error


def _load_weights(
    backend: Backend, request: Load, interrupt: Interrupt, on_progress: Callable[[float], None]
) -> Any:
    runtime = request.runtime
    params = lib.llama_model_default_params()
    devices = backend.select(runtime.devices)
    if devices is not None:
        params.devices = ctypes.cast(devices, ctypes.c_void_p)
    params.n_gpu_layers = request.n_gpu_layers
    params.split_mode = _SPLIT_MODES[runtime.split_mode]
    params.main_gpu = runtime.main_gpu
    params.load_mode = _load_mode(runtime)
    if runtime.tensor_split:
        shares = (ctypes.c_float * lib.llama_max_devices())(*runtime.tensor_split)
        params.tensor_split = ctypes.cast(shares, ctypes.POINTER(ctypes.c_float))

    def progress(fraction: float, _user: Any) -> bool:
        on_progress(fraction)
        return not interrupt.is_set()

    callback = lib.llama_progress_callback(progress)
    params.progress_callback = callback
    model = lib.llama_model_load_from_file(request.path.encode(), params)
    if model:
        return model
    if interrupt.is_set():
        raise RequestRefused("stopped", "Loading was stopped.")
    raise RequestRefused(*explain_failed_load(Path(request.path), _errors(backend)))


def _load_mode(runtime: Runtime) -> int:
    """llama_load_mode; a plain mmap is left to llama.cpp, since not every device can map files."""
    if runtime.mlock:
        return 3 if runtime.mmap else 2
    return -1 if runtime.mmap else 0


def _make_context(backend: Backend, model: Any, request: Load, interrupt: Interrupt) -> Any:
    runtime = request.runtime
    params = lib.llama_context_default_params()
    n_ctx = runtime.n_ctx or min(lib.llama_model_n_ctx_train(model), DEFAULT_N_CTX)
    threads = runtime.threads or physical_cores()
    params.n_ctx = n_ctx
    params.n_batch = min(runtime.n_batch, n_ctx)
    params.n_ubatch = min(runtime.n_ubatch, runtime.n_batch)
    params.n_seq_max = request.n_sequences
    params.kv_unified = request.n_sequences > 1
    params.n_outputs_max = max(request.n_outputs, request.n_sequences)
    params.n_threads = threads
    params.n_threads_batch = runtime.threads_batch or threads
    params.flash_attn_type = _FLASH[runtime.flash_attention]
    params.type_k = _CACHE_TYPES[runtime.type_k]
    params.type_v = _CACHE_TYPES[runtime.type_v]
    params.no_perf = True
    params.abort_callback = interrupt.callback
    params.abort_callback_data = interrupt.address
    context = lib.llama_init_from_model(model, params)
    if not context:
        raise RequestRefused(*explain_failed_load(Path(request.path), _errors(backend)))
    return context


def _apply_loras(backend: Backend, model: Any, context: Any, runtime: Runtime) -> None:
    adapters = []
    for lora in runtime.loras:
        adapter = lib.llama_adapter_lora_init(model, lora.path.encode())
        if not adapter:
            reason = (_errors(backend) or ["it gave no reason"])[-1].strip()
            raise RequestRefused(
                "load",
                f"The LoRA adapter {Path(lora.path).name} does not fit this model: {reason}.",
            )
        adapters.append(adapter)
    if adapters:
        handles = (lib.llama_adapter_lora_p_ctypes * len(adapters))(*adapters)
        scales = (ctypes.c_float * len(adapters))(*(lora.scale for lora in runtime.loras))
        lib.llama_set_adapters_lora(context, handles, len(adapters), scales)


def _resolve(request: Load, model: Any, context: Any, figures: LoadFigures) -> ResolvedRuntime:
    runtime = request.runtime
    has_template = bool(lib.llama_model_chat_template(model, None))
    absent = {}
    if figures.flash_attention is None and runtime.flash_attention == "auto":
        absent["flash_attention"] = "llama.cpp did not say what auto became"
    flash = (
        figures.flash_attention
        if runtime.flash_attention == "auto"
        else runtime.flash_attention == "on"
    )
    return ResolvedRuntime(
        n_ctx=lib.llama_n_ctx(context),
        n_batch=lib.llama_n_batch(context),
        n_ubatch=lib.llama_n_ubatch(context),
        threads=lib.llama_n_threads(context),
        threads_batch=lib.llama_n_threads_batch(context),
        layers=figures.layers,
        offloaded_layers=figures.offloaded_layers,
        devices=figures.devices,
        type_k=runtime.type_k,
        type_v=runtime.type_v,
        flash_attention=flash,
        mmap="mmap" in figures.load_mode,
        mlock="mlock" in figures.load_mode,
        llama_cpp="",
        chat_template=_template_kind(runtime, has_template),
        absent=absent,
    )


def _template_kind(runtime: Runtime, has_template: bool) -> Any:
    if runtime.chat_template is not None:
        return "override"
    return "model" if has_template else "none"


def _errors(backend: Backend) -> list[str]:
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
