"""How much memory a model needs in given settings, told from its header alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final

import msgspec

from engine.contract import ModelFile, Runtime
from engine.errors import MissingFile
from models.fit.cache import F32_BYTES, compute_bytes, context_of, input_bytes, layer_caches
from models.fit.shape import Shape, shape_of
from models.fit.weights import Weights, weights_of
from models.gguf import GgufModel, read_model
from models.origins import had_again

MARGIN_BYTES: Final = 1 << 30  # of each device, for the driver and what its kernels need


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in one memory."""

    weights_bytes: int = 0
    kv_bytes: int = 0
    compute_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        return self.weights_bytes + self.kv_bytes + self.compute_bytes

    def __add__(self, other: Place) -> Place:
        return Place(
            weights_bytes=self.weights_bytes + other.weights_bytes,
            kv_bytes=self.kv_bytes + other.kv_bytes,
            compute_bytes=self.compute_bytes + other.compute_bytes,
        )


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a model needs where; `layers` counts the output layer, as llama.cpp does."""

    n_ctx: int
    layers: int
    offloaded_layers: int
    host: Place
    devices: tuple[Place, ...]

    @property
    def device(self) -> Place:
        """All devices together."""
        return sum(self.devices, Place())

    @property
    def whole(self) -> Place:
        return self.host + self.device


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What of a model decides its need, whatever the settings."""

    shape: Shape
    weights: Weights


def profile_of(model: GgufModel) -> Profile:
    """Raises CorruptFile where the number of layers is missing or absurd."""
    return Profile(shape=shape_of(model), weights=weights_of(model))


def memory_need(model: ModelFile, runtime: Runtime) -> dict[str, int]:
    """Bytes on the host and on devices; layers that are still "auto" count as not offloaded.

    Reads the header again; raises ModelFileError where it cannot be read.
    """
    need = need_of(_profile(model), runtime)
    return {"host": need.host.total_bytes, "device": need.device.total_bytes}


def estimate_offload(model: ModelFile, runtime: Runtime, free_device_bytes: int) -> int:
    """How many layers, the output layer included, fit into that much free device memory."""
    profile = _profile(model)
    return layers_that_fit(profile, runtime, [free_device_bytes])


def _profile(model: ModelFile) -> Profile:
    try:
        return profile_of(read_model(Path(model.path)))
    except MissingFile as error:
        if model.origin is None:
            raise
        raise MissingFile(f"{error} {had_again(model.origin)}") from error


def layers_that_fit(profile: Profile, runtime: Runtime, free_bytes: Sequence[int]) -> int:
    """The same for a known profile and several devices; on each the margin stays free."""
    fitting = 0
    for layers in range(1, len(profile.weights.layers) + 1):
        tried = msgspec.structs.replace(runtime, n_gpu_layers=layers)
        need = need_of(profile, tried, shares=free_bytes)
        if not fits_devices(need, free_bytes):
            break
        fitting = layers
    return fitting


def fits_devices(need: Need, free_bytes: Sequence[int]) -> bool:
    return all(
        place.total_bytes == 0 or place.total_bytes + MARGIN_BYTES <= free
        for place, free in zip(need.devices, free_bytes, strict=True)
    )


def need_of(
    profile: Profile, runtime: Runtime, *, outputs: int = 1, shares: Sequence[float] = (1.0,)
) -> Need:
    """The need in these settings.

    outputs is how many rows of logits one batch may ask for. shares is in which proportion several
    devices take layers: llama.cpp takes their free memory, where the user gives nothing else.
    """
    shape, weights = profile.shape, profile.weights
    n_ctx = context_of(shape, runtime)
    layers = len(weights.layers)
    offloaded = offloaded_layers(runtime, layers) if shares else 0
    kv = [*layer_caches(shape, runtime, n_ctx), 0]
    compute = compute_bytes(shape, runtime, n_ctx, outputs)
    first = layers - offloaded
    host = Place(
        weights_bytes=weights.inputs + sum(layer.stored for layer in weights.layers[:first]),
        kv_bytes=sum(kv[:first]),
        compute_bytes=(input_bytes(shape, runtime, n_ctx) if first == 0 else compute)
        + F32_BYTES * shape.n_vocab * outputs,
    )
    devices = [Place() for _ in shares]
    for layer, device in device_of_layers(layers, first, shares).items():
        is_tied_output = layer == layers - 1 and weights.tied_output
        devices[device] += Place(
            weights_bytes=weights.layers[layer].stored
            + (weights.tied_output if is_tied_output else 0),
            kv_bytes=kv[layer],
            compute_bytes=0 if devices[device].compute_bytes else compute,
        )
    return Need(
        n_ctx=n_ctx,
        layers=layers,
        offloaded_layers=offloaded,
        host=host,
        devices=tuple(devices),
    )


def offloaded_layers(runtime: Runtime, layers: int) -> int:
    match runtime.n_gpu_layers:
        case "auto":
            return 0
        case "all":
            return layers
        case number:
            return layers if number < 0 else min(number, layers)


def device_of_layers(layers: int, first: int, shares: Sequence[float]) -> dict[int, int]:
    """Which device takes which layer, as load_tensors of llama.cpp splits them."""
    total = sum(shares) or 1.0
    ends = [end / total for end in accumulate(shares)]
    return {
        layer: min(bisect_right(ends, (layer - first) / (layers - first)), len(shares) - 1)
        for layer in range(first, layers)
    }
