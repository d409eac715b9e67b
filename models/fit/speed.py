"""How fast a model will generate, before it was ever run here.

Each token reads all active weights and the cache once, so tokens per second are at most bandwidth divided
by those bytes. Decoding reaches a part of that, since unpacking quantized weights costs time too, and the
more so on few cores. Measured with llama-bench and measure_bandwidth on two server cores: SmolLM2-135M
reached 0.40 at Q2_K, 0.36 at Q4_K_M, 0.48 at Q8_0. The range is wide on purpose: one measured run on this
machine replaces it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.contract import Runtime
from models.fit.cache import layer_caches
from models.fit.memory import Need, Profile

REACHED_LOW: Final = 0.25
REACHED_LIKELY: Final = 0.5
REACHED_HIGH: Final = 0.95
LIKELY_CELLS: Final = 1024  # of the context are filled in an ordinary exchange


class Bandwidth(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes per second. reached: the part that a model really reached here, where one was measured.

    device is None where no device is used, or where its bandwidth is not known.
    """

    host: float
    device: float | None = None
    reached: float | None = None


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Generated tokens per second."""

    low: float
    likely: float
    high: float


def estimate_speed(
    profile: Profile, runtime: Runtime, need: Need, bandwidth: Bandwidth
) -> Speed | None:
    """None where layers lie on a device whose bandwidth is not known."""
    if need.offloaded_layers and bandwidth.device is None:
        return None
    low, likely, high = REACHED_LOW, REACHED_LIKELY, REACHED_HIGH
    if bandwidth.reached is not None:
        # Measured with another model or quantization: close, not the same.
        low, likely, high = 0.7 * bandwidth.reached, bandwidth.reached, 1.3 * bandwidth.reached
    return Speed(
        low=low / _token_s(profile, runtime, need, bandwidth, need.n_ctx),
        likely=likely / _token_s(profile, runtime, need, bandwidth, min(LIKELY_CELLS, need.n_ctx)),
        high=high / _token_s(profile, runtime, need, bandwidth, 0),
    )


def reached_part(
    profile: Profile, runtime: Runtime, need: Need, bandwidth: Bandwidth, tokens_per_s: float
) -> float | None:
    """The part of the bandwidth that a measured run here reached, for `Bandwidth.reached`."""
    if need.offloaded_layers and bandwidth.device is None:
        return None
    cells = min(LIKELY_CELLS, need.n_ctx)
    return tokens_per_s * _token_s(profile, runtime, need, bandwidth, cells)


def bytes_per_token(profile: Profile, runtime: Runtime, n_ctx: int, cells: int) -> list[int]:
    """What one token reads of each layer, the output last, when so many cells are filled."""
    filled = msgspec.structs.replace(runtime, n_ctx=max(cells, 1))
    # Of layers with a window no more is filled than they keep.
    kept = layer_caches(profile.shape, runtime, n_ctx)
    cache = layer_caches(profile.shape, filled, cells) if cells else [0] * len(kept)
    caches = [min(pair) for pair in zip(cache, kept, strict=True)] + [0]
    return [
        weights.read + cached
        for weights, cached in zip(profile.weights.layers, caches, strict=True)
    ]


def _token_s(
    profile: Profile, runtime: Runtime, need: Need, bandwidth: Bandwidth, cells: int
) -> float:
    layers = bytes_per_token(profile, runtime, need.n_ctx, cells)
    first = need.layers - need.offloaded_layers
    on_device = sum(layers[first:]) / bandwidth.device if bandwidth.device else 0.0
    return sum(layers[:first]) / bandwidth.host + on_device
