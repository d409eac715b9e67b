"""How much memory a model needs in given settings, told from its header alone.

Weights are the tensors' own bytes. The cache follows llama.cpp's: rows of n_ctx cells, padded to 256. The
compute buffer is estimated: llama.cpp lays the graph's intermediate results over one another, and the most
that lives at once is in the feed-forward, in attention without flash attention, or in the logits.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from engine.contract import ModelFile, Runtime
from models import ggml
from models.fit.shape import Layer, Shape, shape_of
from models.gguf import GgufModel, Tensor, read_model

DEFAULT_N_CTX: Final = 4096  # where the user sets none: the trained context, at most this
CELL_PADDING: Final = 256
MARGIN_BYTES: Final = 1 << 30  # of each device, for the driver and what its kernels need
F32_BYTES: Final = 4

_BLOCK: Final = re.compile(r"blk\.(\d+)\.")
_INPUT: Final = frozenset(
    ["token_embd", "position_embd", "token_types", "token_embd_norm", "per_layer_token_embd"]
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in one kind of memory."""

    weights_bytes: int
    kv_bytes: int
    compute_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.weights_bytes + self.kv_bytes + self.compute_bytes


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a model needs where; `layers` counts the output layer, as llama.cpp does."""

    n_ctx: int
    layers: int
    offloaded_layers: int
    host: Place
    device: Place

    @property
    def weights_bytes(self) -> int:
        return self.host.weights_bytes + self.device.weights_bytes

    @property
    def kv_bytes(self) -> int:
        return self.host.kv_bytes + self.device.kv_bytes

    @property
    def compute_bytes(self) -> int:
        return self.host.compute_bytes + self.device.compute_bytes

    @property
    def total_bytes(self) -> int:
        return self.host.total_bytes + self.device.total_bytes


def memory_need(model: ModelFile, runtime: Runtime) -> dict[str, int]:
    """Bytes on the host and on devices; layers that are still "auto" count as not offloaded.

    Reads the header again; raises ModelFileError where it cannot be read.
    """
    need = need_of(read_model(Path(model.path)), runtime)
    return {"host": need.host.total_bytes, "device": need.device.total_bytes}


def estimate_offload(model: ModelFile, runtime: Runtime, free_device_bytes: int) -> int:
    """How many layers, the output layer included, fit into that much free device memory."""
    return layers_that_fit(read_model(Path(model.path)), runtime, free_device_bytes)


def layers_that_fit(model: GgufModel, runtime: Runtime, free_device_bytes: int) -> int:
    """The same for a model that was read; the margin stays free."""
    fitting = 0
    for layers in range(1, len(shape_of(model).layers) + 2):
        tried = msgspec.structs.replace(runtime, n_gpu_layers=layers)
        if need_of(model, tried).device.total_bytes + MARGIN_BYTES > free_device_bytes:
            break
        fitting = layers
    return fitting


def need_of(model: GgufModel, runtime: Runtime, outputs: int = 1) -> Need:
    """The breakdown; `outputs` is how many rows of logits one batch may ask for."""
    shape = shape_of(model)
    n_ctx = context_of(shape, runtime)
    layers = len(shape.layers) + 1
    offloaded = _offloaded(runtime, layers)
    first = layers - offloaded
    kv = [_layer_cache(layer, shape, runtime, n_ctx) for layer in shape.layers]
    weights = _weights(model, layers, first)
    compute = compute_bytes(shape, runtime, n_ctx, outputs)
    output_row = F32_BYTES * shape.n_vocab * outputs
    inputs = 2 * F32_BYTES * shape.n_embd * _batch(runtime, n_ctx) + _masks(shape, runtime, n_ctx)
    return Need(
        n_ctx=n_ctx,
        layers=layers,
        offloaded_layers=offloaded,
        host=Place(
            weights_bytes=weights[0],
            kv_bytes=sum(kv[:first]),
            compute_bytes=(inputs if first == 0 else compute) + output_row,
        ),
        device=Place(
            weights_bytes=weights[1],
            kv_bytes=sum(kv[first:]),
            compute_bytes=compute if offloaded else 0,
        ),
    )


def context_of(shape: Shape, runtime: Runtime) -> int:
    """The context that the settings ask for, padded as llama.cpp pads it."""
    wanted = runtime.n_ctx or min(shape.n_ctx_train or DEFAULT_N_CTX, DEFAULT_N_CTX)
    return _padded(wanted, CELL_PADDING)


def _offloaded(runtime: Runtime, layers: int) -> int:
    match runtime.n_gpu_layers:
        case "auto":
            return 0
        case "all":
            return layers
        case number:
            return layers if number < 0 else min(number, layers)


def _layer_cache(layer: Layer, shape: Shape, runtime: Runtime, n_ctx: int) -> int:
    cells = _window_cells(shape, runtime, n_ctx) if layer.windowed else n_ctx
    value_row = layer.value_row
    if value_row and runtime.flash_attention == "off":
        # Without flash attention values lie transposed, all layers padded to the widest.
        value_row = max(each.value_row for each in shape.layers)
    return (
        cells * _row_bytes(layer.key_row, runtime.type_k)
        + cells * _row_bytes(value_row, runtime.type_v)
        + F32_BYTES * layer.state
    )


def _window_cells(shape: Shape, runtime: Runtime, n_ctx: int) -> int:
    return _padded(min(n_ctx, shape.window + _batch(runtime, n_ctx)), CELL_PADDING)


def _row_bytes(elements: int, kind: str) -> int:
    return ggml.TYPES_BY_NAME[kind.upper()].row_bytes(elements)


def _batch(runtime: Runtime, n_ctx: int) -> int:
    return min(runtime.n_ubatch, runtime.n_batch, n_ctx)


def _masks(shape: Shape, runtime: Runtime, n_ctx: int) -> int:
    element = F32_BYTES if runtime.flash_attention == "off" else F32_BYTES // 2
    cells = 0
    if any(layer.key_row and not layer.windowed for layer in shape.layers):
        cells += n_ctx
    if any(layer.key_row and layer.windowed for layer in shape.layers):
        cells += _window_cells(shape, runtime, n_ctx)
    return element * cells * _batch(runtime, n_ctx)


def compute_bytes(shape: Shape, runtime: Runtime, n_ctx: int, outputs: int) -> int:
    """The compute buffer: what lives at once in the hungriest part of the graph, and the masks."""
    batch = _batch(runtime, n_ctx)
    attention = shape.activations.attention
    if runtime.flash_attention == "off":
        attention += shape.n_head * n_ctx
    widest = max(attention, shape.activations.feed_forward, shape.activations.recurrence)
    state = max((layer.state for layer in shape.layers), default=0)
    logits = F32_BYTES * (outputs * shape.n_vocab + batch * shape.n_embd)
    graph = F32_BYTES * (batch * widest + 2 * state)
    return max(graph, logits) + _masks(shape, runtime, n_ctx)


def _weights(model: GgufModel, layers: int, first: int) -> tuple[int, int]:
    """Bytes of weights on the host and on devices, where layers from `first` on are offloaded."""
    host = device = 0
    embedding: Tensor | None = None
    has_output = False
    for tensor in model.tensors:
        if tensor.name == "token_embd.weight":
            embedding = tensor
        has_output |= tensor.name == "output.weight"
        if _layer_of(tensor.name, layers - 1) >= first:
            device += tensor.size_bytes
        else:
            host += tensor.size_bytes
    if embedding and not has_output and first < layers:
        device += embedding.size_bytes  # a tied output needs its own copy there
    return host, device


def _layer_of(name: str, output: int) -> int:
    """The layer whose place decides where a tensor lies; inputs always stay on the host."""
    if match := _BLOCK.match(name):
        return int(match[1])
    return -1 if name.split(".", 1)[0] in _INPUT else output


def _padded(number: int, step: int) -> int:
    return -(-number // step) * step
