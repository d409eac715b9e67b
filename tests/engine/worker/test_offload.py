"""Offload to devices other than the CPU: ggml RPC servers on loopback are real devices to llama.cpp."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bench import Bench
from engine.contract import (
    Contender,
    Event,
    Failed,
    Loaded,
    ModelFile,
    Piece,
    Plan,
    Replied,
    Runtime,
    Sampling,
)
from engine.errors import DeviceError
from engine.protocol import DeviceList, ListDevices
from tests.engine.fakes import SmallFit, case
from tests.engine.rpc_server import rpc_servers
from tests.engine.running import running_worker

QUESTION = "Name three colours."


@pytest.fixture
def endpoint() -> Iterator[str]:
    with rpc_servers(1) as ((address, _),):
        yield address


def on(*endpoints: str, **settings: object) -> Runtime:
    return Runtime(n_ctx=512, threads=1, rpc_servers=endpoints, **settings)  # type: ignore[arg-type]


def test_a_device_is_listed_with_its_memory(endpoint: str) -> None:
    with running_worker() as running:
        (listed,) = running.client.ask(
            ListDevices(id=running.client.next_id(), rpc_servers=(endpoint,))
        )
    assert isinstance(listed, DeviceList)
    kinds = {device.name: device for device in listed.devices}
    assert kinds["CPU"].kind == "cpu"
    assert kinds["RPC0"].backend == "RPC"
    assert kinds["RPC0"].kind == "gpu"
    assert (kinds["RPC0"].total_bytes or 0) > 1 << 28


@pytest.mark.parametrize(("asked", "offloaded"), [(0, 0), (10, 10), (-1, 31)])
def test_layers_go_where_they_are_asked_to_and_the_reply_stays_the_same(
    small_model: Path, endpoint: str, asked: int, offloaded: int
) -> None:
    with running_worker() as running:
        running.load(small_model)
        expected = running.ask(QUESTION, max_tokens=8).text
    with running_worker() as running:
        loaded = running.load(small_model, on(endpoint), layers=asked)
        reply = running.ask(QUESTION, max_tokens=8)
    assert (loaded.runtime.offloaded_layers, loaded.runtime.layers) == (offloaded, 31)
    assert reply.text == expected
    held = {use.name: use for use in loaded.runtime.devices}
    if offloaded:
        assert held["RPC0"].model_bytes > 1e6
        assert held["RPC0"].kv_bytes == pytest.approx(min(offloaded, 30) * 393216, rel=0.2)
        assert reply.end.memory.device_bytes == sum(
            (held["RPC0"].model_bytes, held["RPC0"].kv_bytes, held["RPC0"].compute_bytes)
        )
    else:
        assert reply.end.memory.device_bytes == sum(
            use.model_bytes + use.kv_bytes + use.compute_bytes
            for name, use in held.items()
            if name != "CPU"
        )


def test_a_model_is_split_over_two_devices(small_model: Path) -> None:
    with rpc_servers(2) as servers, running_worker() as running:
        endpoints = [address for address, _ in servers]
        loaded = running.load(small_model, on(*endpoints, tensor_split=(3.0, 1.0)), layers=-1)
        assert running.ask(QUESTION, max_tokens=4).text
    held = {use.name: use.model_bytes for use in loaded.runtime.devices}
    assert held["RPC0"] > held["RPC1"] > 1e6


def test_one_of_two_devices_can_be_chosen(small_model: Path) -> None:
    with rpc_servers(2) as servers, running_worker() as running:
        endpoints = [address for address, _ in servers]
        loaded = running.load(small_model, on(*endpoints, devices=("RPC1",)), layers=-1)
    held = {use.name: use.model_bytes for use in loaded.runtime.devices}
    assert "RPC0" not in held
    assert held["RPC1"] > 1e7


def test_a_device_that_is_not_there_is_refused_by_name(small_model: Path) -> None:
    with running_worker() as running:
        with pytest.raises(DeviceError, match=r"no device called CUDA7.*CPU"):
            running.load(small_model, on(devices=("CUDA7",)))
        running.load(small_model)


def test_a_server_that_does_not_answer_is_refused_by_name(small_model: Path) -> None:
    with running_worker() as running, pytest.raises(DeviceError, match=r"127\.0\.0\.1:1 "):
        running.load(small_model, on("127.0.0.1:1"))


def test_a_split_by_rows_that_a_device_cannot_do_is_refused_with_the_reason(
    small_model: Path, endpoint: str
) -> None:
    with running_worker() as running:
        with pytest.raises(DeviceError, match=r"RPC0 cannot hold parts of rows.*split mode layer"):
            running.load(small_model, on(endpoint, split_mode="row"), layers=-1)
        running.load(small_model)


def plan_on(model: Path, endpoint: str) -> Plan:
    there = Contender(
        name="there",
        model=ModelFile(path=str(model), file=model.name, size_bytes=1),
        runtime=on(endpoint, n_gpu_layers="all"),
    )
    here = Contender(
        name="here",
        model=ModelFile(path=str(model), file=model.name, size_bytes=1),
        runtime=Runtime(n_ctx=512, threads=1),
    )
    return Plan(
        contenders=(there, here),
        cases=(case(text="Tell me a long story."),),
        sampling=Sampling(max_tokens=100),
    )


def test_a_device_that_vanishes_in_the_middle_of_a_reply_fails_that_reply_alone(
    small_model: Path,
) -> None:
    bench = Bench(fit=SmallFit())
    with rpc_servers(1) as ((address, process),):
        events: list[Event] = []
        for event in bench.run(plan_on(small_model, address)):
            events.append(event)
            if isinstance(event, Piece) and event.contender == "there":
                process.kill()
    bench.close()
    (failed,) = [event.reply for event in events if isinstance(event, Failed)]
    assert failed.contender == "there"
    assert failed.text
    assert failed.error
    (replied,) = [event.reply for event in events if isinstance(event, Replied)]
    assert replied.contender == "here"


def test_automatic_layers_ask_how_many_fit(small_model: Path, endpoint: str) -> None:
    class Fits(SmallFit):
        free = 0

        def estimate_offload(self, model: ModelFile, runtime: Runtime, free_bytes: int) -> int:
            self.free = free_bytes
            return 7

    fit = Fits()
    bench = Bench(fit=fit)
    whole = plan_on(small_model, endpoint)
    automatic = Contender(name="automatic", model=whole.contenders[0].model, runtime=on(endpoint))
    events = list(
        bench.run(Plan(contenders=(automatic,), cases=whole.cases, sampling=Sampling(max_tokens=2)))
    )
    bench.close()
    (loaded,) = [event for event in events if isinstance(event, Loaded)]
    assert loaded.runtime.offloaded_layers == 7
    assert fit.free > 0
