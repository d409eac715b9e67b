"""Loading a model and its context, with every setting resolved and reported back."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import msgspec

from engine.contract import Memory, ResolvedRuntime, Runtime
from engine.protocol import Load
from engine.worker.backend import Backend
from engine.worker.context import Shape, apply_loras, error_lines, load_loras, make_context
from engine.worker.figures import LoadFigures, read_figures
from engine.worker.interrupt import Interrupt
from engine.worker.process_memory import MemoryWatch, cached_fraction
from engine.worker.refusals import explain_failed_load
from engine.worker.refused import RequestRefused
from engine.worker.template import ChatTemplate
from engine.worker.vocabulary import Vocabulary

_SPLIT_MODES = {"none": 0, "layer": 1, "row": 2}


class LoadedModel:
    """A model with one context. `close` frees both; the process should end soon after."""

    def __init__(
        self,
        request: Load,
        model: Any,
        context: Any,
        adapters: list[Any],
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
        self.n_sequences = 1
        # Rows of logits that one decode may ask for.
        self.most_outputs = request.n_outputs
        # As loaded: a reshape makes the context as long as its cases need, and back.
        self.n_ctx_loaded = resolved.n_ctx
        self.kv_bytes_per_cell = sum(use.kv_bytes for use in resolved.devices) / resolved.n_ctx
        self._adapters = adapters
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

    def reshape(self, backend: Backend, interrupt: Interrupt, shape: Shape) -> None:
        """Replace the context by one of another shape; the weights stay. Raises RequestRefused."""
        backend.clear_log()
        lib.llama_free(self.context)
        self.context = None
        self.context = make_context(backend, self.model, self.request, interrupt, shape)
        apply_loras(self.context, self._adapters, self.request.runtime)
        self.memory = lib.llama_get_memory(self.context)
        self.n_sequences = shape.n_sequences
        self.most_outputs = shape.most_outputs
        figures = read_figures(
            (line for _, line in backend.log()), [info for _, info in backend.devices()]
        )
        weights = {use.name: use.model_bytes for use in self.resolved.devices}
        flash = self.resolved.flash_attention
        self.resolved = msgspec.structs.replace(
            self.resolved,
            n_ctx=lib.llama_n_ctx_seq(self.context),
            n_batch=lib.llama_n_batch(self.context),
            flash_attention=flash if shape.flash_attention else False,
            devices=tuple(
                msgspec.structs.replace(use, model_bytes=weights.get(use.name, 0))
                for use in figures.devices
            ),
        )

    def close(self) -> None:
        if self.template is not None:
            self.template.close()
        if self.context is not None:
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
    cached = check_readable(path)
    backend.clear_log()
    watch = MemoryWatch()
    begun = time.perf_counter()
    model = load_weights(backend, request, interrupt, on_progress)
    try:
        adapters = load_loras(backend, model, runtime)
        shape = Shape(n_ctx=runtime.n_ctx, n_outputs=request.n_outputs)
        context = make_context(backend, model, request, interrupt, shape)
    except RequestRefused:
        lib.llama_model_free(model)
        raise
    apply_loras(context, adapters, runtime)
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
    loaded = LoadedModel(request, model, context, adapters, resolved, watch)
    return loaded, load_s, cached


def check_readable(path: Path) -> float | None:
    """How much of the file lies in the page cache; raises RequestRefused where it cannot be read."""
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


def load_weights(
    backend: Backend, request: Load, interrupt: Interrupt, on_progress: Callable[[float], None]
) -> Any:
    """llama.cpp's handle of the model, for the caller to free; raises RequestRefused."""
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
    raise RequestRefused(*explain_failed_load(Path(request.path), error_lines(backend)))


def _load_mode(runtime: Runtime) -> int:
    """llama_load_mode; a plain mmap is left to llama.cpp, since not every device can map files."""
    if runtime.mlock:
        return 3 if runtime.mmap else 2
    return -1 if runtime.mmap else 0


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
