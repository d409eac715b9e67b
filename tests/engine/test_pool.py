"""Warm models and the memory they share: with real workers where bytes matter, else with fakes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import psutil
import pytest

from engine import pool, side_by_side
from engine.bench import Bench
from engine.client import WorkerClient
from engine.contract import (
    Contender,
    DeviceInfo,
    Event,
    Loaded,
    ModelFile,
    Plan,
    Replied,
    Runtime,
    Sampling,
    Unloaded,
)
from engine.errors import NotEnoughMemory
from engine.pool import MARGIN_BYTES, ModelPool, Slot
from engine.protocol import DeviceList
from engine.shared_memory import SharedMemory
from engine.side_by_side import check_room
from models import fit
from models.describe import describe
from tests.engine.fakes import SmallFit, case, contender, start_fake_worker

MIB = 1 << 20
Available = Callable[[int], None]


@pytest.fixture
def available(monkeypatch: pytest.MonkeyPatch) -> Available:
    """Say how many bytes the system calls available; mapped pages are among them."""

    def say(n_bytes: int) -> None:
        for module in (pool, side_by_side):
            monkeypatch.setattr(module, "available_memory", lambda: n_bytes)

    return say


def real(path: Path, name: str, n_ctx: int) -> Contender:
    return Contender(name=name, model=describe(path), runtime=Runtime(n_ctx=n_ctx, threads=1))


def workers() -> int:
    return sum("--worker" in child.cmdline() for child in psutil.Process().children())


def told(events: list[Event]) -> list[str]:
    return [
        f"{type(event).__name__} {event.contender}"
        for event in events
        if isinstance(event, Loaded | Unloaded)
    ]


def replies(events: list[Event]) -> dict[str, str]:
    return {
        event.reply.contender: event.reply.text for event in events if isinstance(event, Replied)
    }


def test_a_model_that_finds_no_room_has_the_idle_one_unloaded_and_it_comes_back_the_same(
    small_model: Path, available: Available
) -> None:
    """What the first worker really maps leaves no room for a second of its size."""
    two = (real(small_model, "A", n_ctx=256), real(small_model, "B", n_ctx=512))
    needs = [fit.memory_need(each.model, each.runtime)["host"] for each in two]
    available(MARGIN_BYTES + max(needs) + 20 * MIB)
    plan = Plan(contenders=two, cases=(case(),), sampling=Sampling(max_tokens=2), warm_up=False)
    bench = Bench(fit=fit)
    try:
        events, running = [], []
        for event in bench.run(plan):
            events.append(event)
            if isinstance(event, Replied):
                running.append(workers())
        assert told(events) == ["Loaded A", "Unloaded A", "Loaded B"]
        assert running == [1, 1]
        again = list(bench.run(msgspec.structs.replace(plan, contenders=two[:1])))
        assert told(again) == ["Unloaded B", "Loaded A"]
        assert replies(again)["A"] == replies(events)["A"] != ""
    finally:
        bench.close()


@pytest.fixture
def memory() -> SharedMemory:
    return SharedMemory()


@pytest.fixture
def pools(memory: SharedMemory) -> Iterator[tuple[ModelPool, ModelPool]]:
    """Two pools of one process; their models need 1 GiB each, and their workers map one byte."""
    need = SmallFit(need_bytes=1024 * MIB)
    both = tuple(ModelPool(need, threading.Event(), start_fake_worker, memory) for _ in range(2))
    yield both[0], both[1]
    for each in both:
        each.close()


def acquire(pool: ModelPool, who: Contender) -> Slot:
    (slot,) = [step for step in pool.acquire(who, warm_up=False) if isinstance(step, Slot)]
    return slot


def test_a_pool_has_another_one_unload_what_it_keeps_warm(
    pools: tuple[ModelPool, ModelPool], available: Available
) -> None:
    first, second = pools
    available(MARGIN_BYTES + 1024 * MIB)
    first.release(acquire(first, contender("answer")))
    acquire(second, contender("answer"))
    assert (first.loaded_models, second.loaded_models) == (0, 1)


def test_a_model_that_another_pool_uses_stays_loaded(
    pools: tuple[ModelPool, ModelPool], available: Available
) -> None:
    first, second = pools
    available(MARGIN_BYTES + 1024 * MIB)
    acquire(first, contender("answer"))
    with pytest.raises(NotEnoughMemory, match=r"1\.1 GB"):
        acquire(second, contender("answer"))
    assert first.loaded_models == 1


def test_models_side_by_side_have_pools_unload_what_they_keep_warm(
    pools: tuple[ModelPool, ModelPool], memory: SharedMemory, available: Available
) -> None:
    first, _ = pools
    available(MARGIN_BYTES + 1024 * MIB)
    first.release(acquire(first, contender("answer")))
    need = SmallFit(need_bytes=512 * MIB)
    check_room(need, (contender("answer"), contender("answer", "B")), memory)
    assert first.loaded_models == 0


def test_models_side_by_side_that_find_no_room_say_so(
    pools: tuple[ModelPool, ModelPool], memory: SharedMemory, available: Available
) -> None:
    first, _ = pools
    available(MARGIN_BYTES + 1024 * MIB)
    acquire(first, contender("answer"))
    need = SmallFit(need_bytes=513 * MIB)
    with pytest.raises(NotEnoughMemory, match="2 models would need"):
        check_room(need, (contender("answer"), contender("answer", "B")), memory)
    assert first.loaded_models == 1


class OneGpu:
    """A GPU with room for one model of 3 GiB beside the margin; each loaded one takes that much."""

    def __init__(self) -> None:
        self.pools: list[ModelPool] = []
        self.given_layers: list[int] = []

    def memory_need(self, model: ModelFile, runtime: Runtime) -> Mapping[str, int]:
        return {"host": 1, "device": 3 << 30}

    def estimate_offload(self, model: ModelFile, runtime: Runtime, free_device_bytes: int) -> int:
        self.given_layers.append(max(0, free_device_bytes - MARGIN_BYTES) // (1 << 30))
        return self.given_layers[-1]

    def devices(self, _client: WorkerClient, _servers: tuple[str, ...]) -> DeviceList:
        taken = sum(pool.loaded_models for pool in self.pools) * (3 << 30)
        gpu = DeviceInfo(
            name="GPU0",
            description="simulated",
            kind="gpu",
            backend="CUDA",
            total_bytes=6 << 30,
            free_bytes=(5 << 30) - taken,
        )
        return DeviceList(id=0, devices=(gpu,), llama_cpp="fake", system_info="none")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> OneGpu:
    one = OneGpu()
    monkeypatch.setattr(pool, "_ask_devices", one.devices)
    return one


def test_a_model_gets_the_layers_on_the_gpu_that_it_would_get_alone(
    gpu: OneGpu, memory: SharedMemory
) -> None:
    gpu.pools = [ModelPool(gpu, threading.Event(), start_fake_worker, memory) for _ in range(2)]
    first, second = gpu.pools
    try:
        first.release(acquire(first, contender("answer-gpu-a")))
        first.release(acquire(first, contender("answer-gpu-b")))
        assert first.loaded_models == 1
        acquire(second, contender("answer-gpu-c"))
        assert (first.loaded_models, second.loaded_models) == (0, 1)
        assert gpu.given_layers == [4, 4, 4]
    finally:
        for each in gpu.pools:
            each.close()


def test_models_that_share_a_gpu_too_small_for_both_do_not_take_turns(gpu: OneGpu) -> None:
    both = (contender("answer-gpu-a"), contender("answer-gpu-b"))
    only = ModelPool(gpu, threading.Event(), start_fake_worker)
    devices = gpu.devices(only, ()).devices  # type: ignore[arg-type]  # no client is asked
    assert only.all_fit(both[:1], devices)
    assert not only.all_fit(both, devices)
    assert only.all_fit(both)
