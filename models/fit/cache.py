"""How large the cache of keys and values, recurrent states and the compute buffer become.

The cache follows llama.cpp's: rows of n_ctx cells, padded to 256. The compute buffer is estimated: llama.cpp
lays the graph's intermediate results over one another, and the most that lives at once is in the
feed-forward, in attention without flash attention, in recurrent layers or in the logits.
"""

from __future__ import annotations

from typing import Final

from engine.contract import Runtime
from models import ggml
from models.fit.shape import Layer, Shape

DEFAULT_N_CTX: Final = 4096  # where the user sets none: the trained context, at most this
CELL_PADDING: Final = 256
F32_BYTES: Final = 4


def context_of(shape: Shape, runtime: Runtime) -> int:
    """The context that the settings ask for, padded as llama.cpp pads it."""
    wanted = runtime.n_ctx or min(shape.n_ctx_train or DEFAULT_N_CTX, DEFAULT_N_CTX)
    return _padded(wanted, CELL_PADDING)


def layer_caches(shape: Shape, runtime: Runtime, n_ctx: int) -> list[int]:
    """Bytes of each layer."""
    # Without flash attention values lie transposed, all layers padded to the widest.
    widest = 0
    if runtime.flash_attention == "off":
        widest = max(layer.value_row for layer in shape.layers)
    window = _window_cells(shape, runtime, n_ctx)
    return [
        _layer_cache(layer, runtime, window if layer.windowed else n_ctx, widest)
        for layer in shape.layers
    ]


def compute_bytes(shape: Shape, runtime: Runtime, n_ctx: int, outputs: int) -> int:
    """The compute buffer: what lives at once in the hungriest part of the graph, and the masks."""
    batch = batch_of(runtime, n_ctx)
    attention = shape.activations.attention
    if runtime.flash_attention == "off":
        attention += shape.n_head * n_ctx
    widest = max(attention, shape.activations.feed_forward, shape.activations.recurrence)
    state = max((layer.state for layer in shape.layers), default=0)
    logits = F32_BYTES * (outputs * shape.n_vocab + batch * shape.n_embd)
    graph = F32_BYTES * (batch * widest + 2 * state)
    return max(graph, logits) + mask_bytes(shape, runtime, n_ctx)


def input_bytes(shape: Shape, runtime: Runtime, n_ctx: int) -> int:
    """The host's compute buffer where every layer is offloaded."""
    batch = batch_of(runtime, n_ctx)
    return 2 * F32_BYTES * shape.n_embd * batch + mask_bytes(shape, runtime, n_ctx)


def mask_bytes(shape: Shape, runtime: Runtime, n_ctx: int) -> int:
    """What tells each token of a batch which cells it may see, for either kind of layer."""
    element = F32_BYTES if runtime.flash_attention == "off" else F32_BYTES // 2
    cells = 0
    if any(layer.key_row and not layer.windowed for layer in shape.layers):
        cells += n_ctx
    if any(layer.key_row and layer.windowed for layer in shape.layers):
        cells += _window_cells(shape, runtime, n_ctx)
    return element * cells * batch_of(runtime, n_ctx)


def batch_of(runtime: Runtime, n_ctx: int) -> int:
    return min(runtime.n_ubatch, runtime.n_batch, n_ctx)


def _layer_cache(layer: Layer, runtime: Runtime, cells: int, widest_value: int) -> int:
    value_row = max(layer.value_row, widest_value) if layer.value_row else 0
    return (
        cells * _row_bytes(layer.key_row, runtime.type_k)
        + cells * _row_bytes(value_row, runtime.type_v)
        + F32_BYTES * layer.state
    )


def _window_cells(shape: Shape, runtime: Runtime, n_ctx: int) -> int:
    return _padded(min(n_ctx, shape.window + batch_of(runtime, n_ctx)), CELL_PADDING)


def _row_bytes(elements: int, kind: str) -> int:
    return ggml.TYPES_BY_NAME[kind.upper()].row_bytes(elements)


def _padded(number: int, step: int) -> int:
    return -(-number // step) * step
