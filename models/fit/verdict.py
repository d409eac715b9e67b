"""Whether a model fits, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from engine.contract import DeviceInfo, Runtime
from engine.wording import size
from models.fit.cache import CELL_PADDING, context_of
from models.fit.memory import MARGIN_BYTES, Need, Profile, fits_devices, layers_that_fit, need_of
from models.fit.speed import Bandwidth, Speed, estimate_speed

Verdict = Literal["on the GPU", "partly on the GPU", "in memory", "too large"]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What is free just now: other programs' use is counted already, and the limit of a container."""

    host_free_bytes: int
    devices: tuple[DeviceInfo, ...] = ()
    bandwidth: Bandwidth | None = None

    def gpus(self, runtime: Runtime) -> tuple[DeviceInfo, ...]:
        """The devices that layers would be offloaded to."""
        gpus = tuple(
            device
            for device in self.devices
            if device.kind in {"gpu", "igpu"}
            and device.free_bytes
            and (not runtime.devices or device.name in runtime.devices)
        )
        if runtime.split_mode == "none":
            return gpus[runtime.main_gpu : runtime.main_gpu + 1]
        return gpus


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """short_bytes: how much is missing where it is too large. max_context: the longest that fits."""

    verdict: Verdict
    sentence: str
    need: Need
    devices: tuple[str, ...]
    short_bytes: int
    max_context: int | None
    speed: Speed | None
    absent: dict[str, str]


def parameters_that_fit(machine: Machine, bits_per_weight: float = 4.85) -> int:
    """About how many parameters fit at this precision, for narrowing a search; 4.85 is Q4_K_M.

    Beside the weights it leaves the margin, and a tenth of them for the cache.
    """
    gpus = sum(max(0, (gpu.free_bytes or 0) - MARGIN_BYTES) for gpu in machine.gpus(Runtime()))
    room = max(0, machine.host_free_bytes - MARGIN_BYTES) + gpus
    return int(room / 1.1 * 8 / bits_per_weight)


def judge(profile: Profile, runtime: Runtime, machine: Machine) -> Fit:
    """The verdict for these settings; automatic layers are settled as the engine settles them."""
    gpus = machine.gpus(runtime)
    need = _settled(profile, runtime, gpus)
    short = _short_bytes(need, gpus, machine)
    verdict = _verdict(need, short)
    absent = {}
    speed = None
    if machine.bandwidth is None:
        absent["speed"] = "the memory's bandwidth was not measured"
    else:
        speed = estimate_speed(profile, runtime, need, machine.bandwidth)
        if speed is None:
            absent["speed"] = "the device's memory bandwidth is not known"
    max_context = _max_context(profile, runtime, gpus, machine)
    if max_context is None:
        absent["max_context"] = "it fits with no context"
    return Fit(
        verdict=verdict,
        sentence=_sentence(verdict, need, short),
        need=need,
        devices=tuple(device.name for device in gpus),
        short_bytes=short,
        max_context=max_context,
        speed=speed,
        absent=absent,
    )


def _settled(profile: Profile, runtime: Runtime, gpus: Sequence[DeviceInfo]) -> Need:
    free = [device.free_bytes or 0 for device in gpus]
    shares: Sequence[float] = (
        runtime.tensor_split if len(runtime.tensor_split) == len(free) else free
    )
    if runtime.n_gpu_layers == "auto" and gpus:
        layers = layers_that_fit(profile, runtime, free)
        runtime = msgspec.structs.replace(runtime, n_gpu_layers=layers)
    return need_of(profile, runtime, shares=shares)


def _short_bytes(need: Need, gpus: Sequence[DeviceInfo], machine: Machine) -> int:
    """How much memory is missing, in all places together."""
    short = max(0, need.host.total_bytes + MARGIN_BYTES - machine.host_free_bytes)
    free = [device.free_bytes or 0 for device in gpus]
    if not fits_devices(need, free):
        for place, have in zip(need.devices, free, strict=True):
            if place.total_bytes:
                short += max(0, place.total_bytes + MARGIN_BYTES - have)
    return short


def _verdict(need: Need, short: int) -> Verdict:
    if short:
        return "too large"
    if need.offloaded_layers == 0:
        return "in memory"
    return "on the GPU" if need.offloaded_layers == need.layers else "partly on the GPU"


def _sentence(verdict: Verdict, need: Need, short: int) -> str:
    match verdict:
        case "on the GPU":
            return "Fits on the GPU."
        case "partly on the GPU":
            return f"Fits partly on the GPU: {need.offloaded_layers} of {need.layers} layers."
        case "in memory":
            return "Fits in memory."
        case "too large":
            return (
                f"Too large by {size(short)}. Choose a smaller quantization or context, or "
                "a smaller cache type."
            )


def _max_context(
    profile: Profile, runtime: Runtime, gpus: Sequence[DeviceInfo], machine: Machine
) -> int | None:
    """The longest context, up to the trained one, at which it fits as it does now or worse."""

    def fits(n_ctx: int) -> bool:
        tried = msgspec.structs.replace(runtime, n_ctx=n_ctx)
        return _short_bytes(_settled(profile, tried, gpus), gpus, machine) == 0

    trained = profile.shape.n_ctx_train or context_of(profile.shape, runtime)
    low, high = 0, max(trained // CELL_PADDING, 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle * CELL_PADDING) else (low, middle - 1)
    return low * CELL_PADDING or None
