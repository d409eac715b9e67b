"""The machine that a run was made on."""

from __future__ import annotations

from typing import Literal

import msgspec


class DeviceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A device as ggml's backends list it; `backend` is the registry's name (CPU, CUDA, Vulkan, RPC …)."""

    name: str
    description: str
    kind: Literal["cpu", "gpu", "igpu", "accelerator", "other"]
    backend: str
    total_bytes: int | None = None
    free_bytes: int | None = None


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    app: str
    llama_cpp: str | None
    os: str
    cpu: str
    ram_bytes: int
    physical_cores: int | None = None
    logical_cores: int | None = None
    devices: tuple[DeviceInfo, ...] = ()
    power_source: Literal["mains", "battery"] | None = None
    python: str | None = None
    absent: dict[str, str] = {}
