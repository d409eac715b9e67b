"""Loaded models: kept warm within the machine's memory, the least recently used one out first.

One worker process holds one model in one set of settings; contenders that differ only in sampling share
it. Memory that loaded models map from their files counts as taken, though the system calls it available.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from engine.client import WorkerClient
from engine.contract import (
    Contender,
    DeviceInfo,
    Event,
    Loaded,
    Loading,
    ModelFile,
    Runtime,
    Unloaded,
    WarmingUp,
)
from engine.errors import NotEnoughMemory, SteelyardError, WorkerDied
from engine.machine import available_memory
from engine.protocol import (
    DeviceList,
    ListDevices,
    Load,
    ModelLoaded,
    Progress,
    WarmingUpNow,
)
from engine.shared_memory import SharedMemory
from engine.wording import size

MARGIN_BYTES = 1 << 30
ALL_LAYERS = -1
_GPUS = {"gpu", "igpu"}


class Fit(Protocol):
    """What a model will need, told before it is loaded (the `models.fit` module is one)."""

    def memory_need(self, model: ModelFile, runtime: Runtime) -> Mapping[str, int]:
        """Bytes by place, "host" and "device"; raises ModelFileError."""

    def estimate_offload(self, model: ModelFile, runtime: Runtime, free_device_bytes: int) -> int:
        """How many layers fit into that much free device memory, of which it leaves a margin."""


class Slot(msgspec.Struct, kw_only=True):
    """A loaded model in its worker; `contender` is who loaded it first."""

    contender: str
    client: WorkerClient
    loaded: ModelLoaded
    devices: tuple[DeviceInfo, ...]
    busy: bool = False


class ModelPool:
    def __init__(
        self,
        fit: Fit,
        stopping: threading.Event,
        start_worker: Callable[[str], WorkerClient] = WorkerClient,
        memory: SharedMemory | None = None,
    ) -> None:
        """memory: shared with the other pools of this process."""
        self._fit = fit
        self._stopping = stopping
        self._start_worker = start_worker
        self._slots: OrderedDict[bytes, Slot] = OrderedDict()
        self._loading: dict[str, WorkerClient] = {}
        self._lock = threading.RLock()
        self._memory = memory or SharedMemory()
        self._memory.join(self)

    def acquire(self, contender: Contender, *, warm_up: bool) -> Iterator[Event | Slot]:
        """Give events while the contender's model is loaded, and its slot, marked busy, last.

        Raises SteelyardError when it cannot be loaded, Stopped when `stop` came first.
        """
        key = _key(contender)
        with self._lock:
            slot = self._slots.get(key)
            if slot and slot.client.alive:
                self._slots.move_to_end(key)
                slot.busy = True
                yield slot
                return
            self._slots.pop(key, None)
        yield from self._load(key, contender, warm_up)

    def release(self, slot: Slot) -> None:
        with self._lock:
            slot.busy = False

    def discard(self, slot: Slot) -> None:
        """Forget a worker that died."""
        with self._lock:
            for key, own in list(self._slots.items()):
                if own is slot:
                    del self._slots[key]
        slot.client.close()

    def all_fit(
        self, contenders: tuple[Contender, ...], devices: tuple[DeviceInfo, ...] = ()
    ) -> bool:
        """Whether all these models can stay loaded side by side, as far as their headers tell.

        On devices too: a model that found fewer layers offloaded because another one is there would
        look slower than it is.
        """
        with self._lock:
            missing = {_key(each): each for each in contenders if _key(each) not in self._slots}
        host = device = 0
        for contender in missing.values():
            gpus = _gpus(contender.runtime, devices)
            try:
                host += self._fit.memory_need(contender.model, contender.runtime)["host"]
                device += self._wanted_bytes(contender) if gpus else 0
            except SteelyardError:
                # A file that cannot be read fails when its turn comes, with its own sentence.
                continue
        free = _free_device_bytes([each for each in devices if each.kind in _GPUS])
        return host + MARGIN_BYTES <= self._free_bytes() and device <= free

    @property
    def mapped_bytes(self) -> int:
        with self._lock:
            return sum(slot.loaded.memory.mapped_bytes or 0 for slot in self._slots.values())

    def unload_idle(self, *, on_device: bool = False) -> str | None:
        """Unload the model that was used least recently and is not busy; gives who loaded it.

        on_device: only one that holds memory of a GPU.
        """
        with self._lock:
            idle = next(
                (
                    key
                    for key, slot in self._slots.items()
                    if not slot.busy and not (on_device and not slot.loaded.memory.device_bytes)
                ),
                None,
            )
            slot = self._slots.pop(idle) if idle is not None else None
        if slot is None:
            return None
        slot.client.close()
        return slot.contender

    @property
    def loaded_models(self) -> int:
        with self._lock:
            return len(self._slots)

    def devices(self, rpc_servers: tuple[str, ...] = ()) -> DeviceList:
        """llama.cpp's devices, asked of a worker without a model; raises SteelyardError."""
        client = self._start_worker("The worker that lists devices")
        try:
            client.start()
            return _ask_devices(client, rpc_servers)
        finally:
            client.close()

    def stop(self) -> None:
        """Stop whatever the workers are doing; loaded models stay loaded."""
        with self._lock:
            clients = [slot.client for slot in self._slots.values()] + list(self._loading.values())
        for client in clients:
            client.stop()

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            clients = [slot.client for slot in self._slots.values()] + list(self._loading.values())
            self._slots.clear()
            self._loading.clear()
        for client in clients:
            client.close()

    def _load(self, key: bytes, contender: Contender, warm_up: bool) -> Iterator[Event | Slot]:
        yield Loading(contender=contender.name, fraction=0.0)
        client = self._start_worker(f"The worker of {contender.name}")
        with self._lock:
            self._loading[contender.name] = client
        try:
            client.start()
            devices = yield from self._make_room_on_devices(contender, client)
            n_gpu_layers = self._settle_layers(contender, devices)
            runtime = msgspec.structs.replace(contender.runtime, n_gpu_layers=n_gpu_layers)
            need = self._fit.memory_need(contender.model, runtime)["host"]
            if contender.runtime.check_memory:
                yield from self._make_room(contender, need)
            request = Load(
                id=client.next_id(),
                path=contender.model.path,
                runtime=contender.runtime,
                n_gpu_layers=n_gpu_layers,
                warm_up=warm_up,
            )
            loaded = yield from self._ask_to_load(contender.name, client, request)
        except BaseException:
            client.close()
            raise
        finally:
            with self._lock:
                self._loading.pop(contender.name, None)
        slot = Slot(
            contender=contender.name, client=client, loaded=loaded, devices=devices, busy=True
        )
        with self._lock:
            self._slots[key] = slot
        yield Loaded(contender=contender.name, load_s=loaded.load_s, runtime=loaded.runtime)
        yield slot

    def _ask_to_load(
        self, contender: str, client: WorkerClient, request: Load
    ) -> Generator[Event, None, ModelLoaded]:
        loaded = None
        for response in client.ask(request, self._stopping):
            if isinstance(response, Progress):
                yield Loading(contender=contender, fraction=response.fraction)
            elif isinstance(response, WarmingUpNow):
                yield WarmingUp(contender=contender)
            elif isinstance(response, ModelLoaded):
                loaded = response
        assert loaded is not None
        return loaded

    def _settle_layers(self, contender: Contender, devices: tuple[DeviceInfo, ...]) -> int:
        """The layers to offload; refuses what the chosen devices cannot hold."""
        runtime = contender.runtime
        gpus = _gpus(runtime, devices)
        if not gpus:
            return 0 if runtime.n_gpu_layers == "auto" else _number(runtime.n_gpu_layers)
        free = _free_device_bytes(gpus)
        if runtime.n_gpu_layers == "auto":
            return self._fit.estimate_offload(contender.model, runtime, free + MARGIN_BYTES)
        need = self._fit.memory_need(contender.model, runtime)["device"]
        if runtime.check_memory and need > free:
            raise NotEnoughMemory(
                f"{Path(contender.model.path).name} would need {size(need)} of device memory with these "
                f"GPU layers, and {size(free)} is free. Choose fewer layers or automatic, or load it anyway."
            )
        return _number(runtime.n_gpu_layers)

    def _make_room_on_devices(
        self, contender: Contender, client: WorkerClient
    ) -> Generator[Event, None, tuple[DeviceInfo, ...]]:
        """Unload idle models from the GPUs until all that is asked for finds room there, or none is left.

        Gives the devices with what is then free on them.
        """
        while True:
            devices = _ask_devices(client, contender.runtime.rpc_servers).devices
            gpus = _gpus(contender.runtime, devices)
            if not gpus or self._wanted_bytes(contender) <= _free_device_bytes(gpus):
                return devices
            unloaded = self.unload_idle(on_device=True)
            if unloaded is not None:
                yield Unloaded(contender=unloaded, reason=f"made room for {contender.name}")
            elif not self._memory.unload_idle(on_device=True):
                return devices

    def _wanted_bytes(self, contender: Contender) -> int:
        """On devices, with as many layers there as the contender may get."""
        runtime = contender.runtime
        if runtime.n_gpu_layers == "auto":
            runtime = msgspec.structs.replace(runtime, n_gpu_layers="all")
        return self._fit.memory_need(contender.model, runtime)["device"]

    def _make_room(self, contender: Contender, need: int) -> Iterator[Event]:
        """Unload idle models until this one fits, other pools' last; raises NotEnoughMemory."""
        while need + MARGIN_BYTES > self._free_bytes():
            unloaded = self.unload_idle()
            if unloaded is not None:
                yield Unloaded(contender=unloaded, reason=f"made room for {contender.name}")
            elif not self._memory.unload_idle():
                have = max(0, self._free_bytes() - MARGIN_BYTES)
                raise NotEnoughMemory(
                    f"{Path(contender.model.path).name} would need {size(need)} of memory, and this machine "
                    f"has {size(have)} to give. Choose a smaller quantization or context, close other "
                    "programs, or load it anyway."
                )

    def _free_bytes(self) -> int:
        return available_memory() - self._memory.mapped_bytes


def order_of(contender: Contender) -> Load:
    """A load without a warm-up, for a worker that holds several models and measures no speed."""
    return Load(
        id=0,
        path=contender.model.path,
        runtime=contender.runtime,
        n_gpu_layers=_number(contender.runtime.n_gpu_layers),
        warm_up=False,
    )


def _key(contender: Contender) -> bytes:
    return msgspec.msgpack.encode((contender.model.path, contender.runtime))


def _number(layers: int | str) -> int:
    return layers if isinstance(layers, int) else ALL_LAYERS


def _ask_devices(client: WorkerClient, rpc_servers: tuple[str, ...]) -> DeviceList:
    for response in client.ask(ListDevices(id=client.next_id(), rpc_servers=rpc_servers)):
        if isinstance(response, DeviceList):
            return response
    raise WorkerDied("The worker did not list its devices.", client.log())


def _gpus(runtime: Runtime, devices: Iterable[DeviceInfo]) -> list[DeviceInfo]:
    """Those that these settings may use."""
    return [
        device
        for device in devices
        if device.kind in _GPUS and (not runtime.devices or device.name in runtime.devices)
    ]


def _free_device_bytes(devices: list[DeviceInfo]) -> int:
    return sum(max(0, (device.free_bytes or 0) - MARGIN_BYTES) for device in devices)
