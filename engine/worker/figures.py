"""What a load really became, read from llama.cpp's own log: buffers by device, layers, flash attention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from engine.contract import DeviceInfo, DeviceUse

_BUFFER = re.compile(
    r"(?P<name>\S+)\s+(?P<what>model|KV|RS|compute|output|LoRA)\s+buffer size = +(?P<mib>[\d.]+) MiB"
)
_OFFLOADED = re.compile(r"offloaded (\d+)/(\d+) layers")
_LOAD_MODE = re.compile(r"\(load_mode = ([^)]*)\)")
_FLASH = re.compile(r"Flash Attention (enabled|disabled|not supported)")
_RPC = re.compile(r"RPC(?P<index>\d+)\[(?P<endpoint>.+)\]")
_MIB = 1024 * 1024


class LoadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """offloaded_layers as llama.cpp prints it, also where there is no device to take them.

    load_mode: none, mmap, mlock, mmap+mlock, as llama.cpp names it.
    """

    devices: tuple[DeviceUse, ...]
    layers: int
    offloaded_layers: int
    flash_attention: bool | None
    load_mode: str


def read_figures(lines: Iterable[str], known: Sequence[DeviceInfo] = ()) -> LoadFigures:
    """The figures in the log of one model load and one context creation."""
    sizes: dict[str, dict[str, int]] = {}
    layers = offloaded = 0
    flash: bool | None = None
    load_mode = ""
    for line in lines:
        if match := _BUFFER.search(line):
            device = device_of_buffer(match["name"], known)
            column = _column(match["what"])
            by_kind = sizes.setdefault(device, {})
            by_kind[column] = by_kind.get(column, 0) + round(float(match["mib"]) * _MIB)
        elif match := _OFFLOADED.search(line):
            offloaded, layers = int(match[1]), int(match[2])
        elif match := _LOAD_MODE.search(line):
            load_mode = match[1]
        elif match := _FLASH.search(line):
            flash = match[1] == "enabled"
    uses = tuple(DeviceUse(name=name, **by_kind) for name, by_kind in sizes.items())
    return LoadFigures(
        devices=uses,
        layers=layers,
        offloaded_layers=offloaded,
        flash_attention=flash,
        load_mode=load_mode,
    )


def device_of_buffer(name: str, known: Sequence[DeviceInfo] = ()) -> str:
    """The device that a ggml buffer type belongs to.

    CPU_Mapped, CPU_REPACK and CUDA_Host lie in main memory. RPC0[host:port] is the first device of that
    server, whatever its number among all devices is.
    """
    if match := _RPC.fullmatch(name):
        served = [device.name for device in known if device.description == match["endpoint"]]
        index = int(match["index"])
        return served[index] if index < len(served) else name
    if name.startswith("CPU") or name.endswith("_Host") or name in {"AMX", "BLAS"}:
        return "CPU"
    return name.removesuffix("_Split").removesuffix("_Mapped")


def _column(what: str) -> str:
    return {"model": "model_bytes", "LoRA": "model_bytes", "KV": "kv_bytes", "RS": "kv_bytes"}.get(
        what, "compute_bytes"
    )
