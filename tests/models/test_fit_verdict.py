"""Whether a model fits, in words; how long a context; how fast."""

from __future__ import annotations

import time
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings

from engine.contract import DeviceInfo, Runtime
from models.fit import (
    Bandwidth,
    Machine,
    Profile,
    active_parameters,
    estimate_speed,
    judge,
    measure_bandwidth,
    need_of,
    parameters_that_fit,
    profile_of,
    reached_part,
)
from models.fit.memory import MARGIN_BYTES, device_of_layers
from models.gguf import read_model
from tests.models import ggufs
from tests.models.conftest import Write

GIB = 1 << 30


@pytest.fixture(scope="module")
def profile(small_model: Path) -> Profile:
    return profile_of(read_model(small_model))


def gpu(free_bytes: int, name: str = "CUDA0") -> DeviceInfo:
    return DeviceInfo(
        name=name,
        description="a GPU",
        kind="gpu",
        backend="CUDA",
        total_bytes=2 * free_bytes,
        free_bytes=free_bytes,
    )


def machine(host_free_bytes: int, *gpus: int, bandwidth: Bandwidth | None = None) -> Machine:
    devices = tuple(gpu(free, f"CUDA{n}") for n, free in enumerate(gpus))
    return Machine(host_free_bytes=host_free_bytes, devices=devices, bandwidth=bandwidth)


def test_a_model_that_fits_on_the_gpu_is_said_to(profile: Profile) -> None:
    fit = judge(profile, Runtime(), machine(16 * GIB, 8 * GIB))
    assert (fit.verdict, fit.sentence) == ("on the GPU", "Fits on the GPU.")
    assert fit.devices == ("CUDA0",)
    assert fit.need.offloaded_layers == 31


def test_a_gpu_that_is_too_small_takes_some_layers(profile: Profile) -> None:
    fit = judge(profile, Runtime(), machine(16 * GIB, MARGIN_BYTES + 100 * 1024 * 1024))
    assert fit.verdict == "partly on the GPU"
    layers = fit.need.offloaded_layers
    assert 0 < layers < 31
    assert fit.sentence == f"Fits partly on the GPU: {layers} of 31 layers."


def test_without_a_gpu_it_fits_in_memory(profile: Profile) -> None:
    fit = judge(profile, Runtime(), machine(4 * GIB))
    assert (fit.verdict, fit.need.offloaded_layers) == ("in memory", 0)
    assert judge(profile, Runtime(n_gpu_layers="all"), machine(4 * GIB)).verdict == "in memory"


def test_too_large_says_by_how_much_and_what_to_do(profile: Profile) -> None:
    need = need_of(profile, Runtime()).host.total_bytes
    fit = judge(profile, Runtime(), machine(need + MARGIN_BYTES - GIB // 2))
    assert fit.verdict == "too large"
    assert fit.short_bytes == GIB // 2
    assert fit.sentence.startswith("Too large by 537 MB. Choose a smaller quantization")


def test_all_layers_on_a_gpu_that_is_too_small_are_too_large(profile: Profile) -> None:
    fit = judge(profile, Runtime(n_gpu_layers="all"), machine(16 * GIB, MARGIN_BYTES + GIB // 8))
    assert fit.verdict == "too large"
    assert 0 < fit.short_bytes < GIB


def test_the_longest_context_fits_and_a_longer_one_does_not(profile: Profile) -> None:
    need = need_of(profile, Runtime(n_ctx=3072)).host.total_bytes
    free = need + MARGIN_BYTES + 1000
    fit = judge(profile, Runtime(), machine(free))
    assert fit.max_context == 3072
    assert judge(profile, Runtime(n_ctx=3072), machine(free)).verdict == "in memory"
    assert judge(profile, Runtime(n_ctx=3328), machine(free)).verdict == "too large"
    assert judge(profile, Runtime(), machine(64 * GIB)).max_context == 8192


def test_where_nothing_fits_the_context_is_absent_with_its_reason(profile: Profile) -> None:
    fit = judge(profile, Runtime(), machine(GIB))
    assert fit.max_context is None
    assert fit.absent["max_context"] == "it fits with no context"


def test_a_smaller_cache_type_allows_a_longer_context(profile: Profile) -> None:
    free = need_of(profile, Runtime(n_ctx=3072)).host.total_bytes + MARGIN_BYTES
    full = judge(profile, Runtime(), machine(free)).max_context
    small = judge(profile, Runtime(type_k="q4_0", type_v="q4_0"), machine(free)).max_context
    assert full is not None
    assert small is not None
    assert small > 2 * full


def test_several_gpus_take_layers_as_their_free_memory_is(profile: Profile) -> None:
    fit = judge(profile, Runtime(), machine(16 * GIB, 6 * GIB, 2 * GIB))
    first, second = fit.need.devices
    assert first.kv_bytes > 2 * second.kv_bytes > 0
    alone = judge(
        profile, Runtime(split_mode="none", main_gpu=1), machine(16 * GIB, 6 * GIB, 2 * GIB)
    )
    assert alone.devices == ("CUDA1",)
    chosen = judge(profile, Runtime(devices=("CUDA0",)), machine(16 * GIB, 6 * GIB, 2 * GIB))
    assert chosen.devices == ("CUDA0",)


def test_layers_are_split_as_llama_cpp_splits_them() -> None:
    # Its load_tensors gives layer n the first device whose share of the whole ends behind n / 31.
    split = device_of_layers(31, 0, [3, 1])
    assert [layer for layer, device in split.items() if device == 1] == list(range(24, 31))
    assert device_of_layers(31, 31, [1.0]) == {}


@settings(max_examples=60, deadline=None)
@given(
    host=st.integers(0, 4 * GIB),
    gpus=st.lists(st.integers(1, 4 * GIB), max_size=3),
    n_ctx=st.integers(1, 20_000),
    layers=st.one_of(st.just("auto"), st.just("all"), st.integers(-1, 40)),
)
def test_any_machine_and_settings_get_a_verdict(
    small_model: Path, host: int, gpus: list[int], n_ctx: int, layers: int
) -> None:
    profile = _cached_profile(small_model)
    runtime = Runtime(n_ctx=n_ctx, n_gpu_layers=layers)
    fit = judge(profile, runtime, machine(host, *gpus))
    assert (fit.verdict == "too large") == (fit.short_bytes > 0)
    everything = need_of(profile, msgspec.structs.replace(runtime, n_gpu_layers=0)).host
    assert fit.need.whole.kv_bytes == everything.kv_bytes


def _cached_profile(path: Path, kept: dict[Path, Profile] = {}) -> Profile:  # noqa: B006 - a cache
    if path not in kept:
        kept[path] = profile_of(read_model(path))
    return kept[path]


def test_a_verdict_follows_a_slider(profile: Profile) -> None:
    begun = time.process_time()
    judge(profile, Runtime(), machine(2 * GIB, 2 * GIB, 1 * GIB))
    assert time.process_time() - begun < 0.25


def test_a_search_can_be_narrowed_to_what_fits() -> None:
    assert parameters_that_fit(machine(GIB // 2)) == 0
    # 16 GiB hold an 8B and a 14B model at Q4_K_M, and no 32B one.
    assert 14e9 < parameters_that_fit(machine(16 * GIB)) < 32e9
    assert parameters_that_fit(machine(16 * GIB, 24 * GIB)) > 32e9


# --- Speed --------------------------------------------------------------------------------------


def test_speed_is_bandwidth_over_what_a_token_reads(profile: Profile) -> None:
    need = need_of(profile, Runtime())
    speed = estimate_speed(profile, Runtime(), need, Bandwidth(host=10e9, reached=1.0))
    assert speed is not None
    # 92 MiB of weights, read whole since the embedding is the output too, and no cache at best.
    assert speed.high == pytest.approx(1.3 * 10e9 / 96_576_768, rel=0.01)
    assert speed.low < speed.likely < speed.high


def test_a_measured_run_replaces_the_guess(profile: Profile) -> None:
    need = need_of(profile, Runtime())
    bandwidth = Bandwidth(host=30e9)
    reached = reached_part(profile, Runtime(), need, bandwidth, tokens_per_s=150.0)
    calibrated = msgspec.structs.replace(bandwidth, reached=reached)
    speed = estimate_speed(profile, Runtime(), need, calibrated)
    assert speed is not None
    assert speed.likely == pytest.approx(150.0)
    on_gpu = Runtime(n_gpu_layers="all")
    assert reached_part(profile, on_gpu, need_of(profile, on_gpu), bandwidth, 150.0) is None


def test_layers_on_a_device_read_from_its_memory(profile: Profile) -> None:
    runtime = Runtime(n_gpu_layers=15)
    need = need_of(profile, runtime)
    assert estimate_speed(profile, runtime, need, Bandwidth(host=10e9)) is None
    slow = estimate_speed(profile, runtime, need, Bandwidth(host=10e9, device=10e9))
    fast = estimate_speed(profile, runtime, need, Bandwidth(host=10e9, device=1000e9))
    assert slow is not None
    assert fast is not None
    assert 1.5 < fast.likely / slow.likely < 4


def test_a_filled_context_makes_it_slower(profile: Profile) -> None:
    runtime = Runtime(n_ctx=8192)
    need = need_of(profile, runtime)
    speed = estimate_speed(profile, runtime, need, Bandwidth(host=10e9, reached=1.0))
    assert speed is not None
    full = 96_576_768 + need.host.kv_bytes
    assert speed.low == pytest.approx(0.7 * 10e9 / full, rel=0.01)


def test_of_experts_only_those_that_are_used_are_read(write: Write) -> None:
    tensors = [
        ggufs.f32("token_embd.weight", 64, 32),
        ggufs.f32("blk.0.attn_q.weight", 64, 64),
        ggufs.f32("blk.0.ffn_up_exps.weight", 64, 64, 8),
        ggufs.f32("output.weight", 64, 32),
    ]
    entries = [
        ggufs.string("general.architecture", "qwen3moe"),
        *[
            ggufs.u32(f"qwen3moe.{name}", value)
            for name, value in {
                "block_count": 1,
                "embedding_length": 64,
                "attention.head_count": 1,
                "expert_count": 8,
                "expert_used_count": 2,
            }.items()
        ],
    ]
    model = read_model(write("moe.gguf", ggufs.gguf(entries, tensors)))
    first = profile_of(model).weights.layers[0]
    assert first.stored == 4 * (64 * 64 + 8 * 64 * 64)
    assert first.read == 4 * (64 * 64 + 2 * 64 * 64)
    assert active_parameters(model) == 64 * 32 + 64 * 64 + 2 * 64 * 64 + 64 * 32


def test_the_verdict_carries_the_speed_or_why_there_is_none(profile: Profile) -> None:
    without = judge(profile, Runtime(), machine(16 * GIB))
    assert without.speed is None
    assert without.absent["speed"] == "the memory's bandwidth was not measured"
    on_gpu = judge(profile, Runtime(), machine(16 * GIB, 8 * GIB, bandwidth=Bandwidth(host=1e10)))
    assert on_gpu.absent["speed"] == "the device's memory bandwidth is not known"
    here = judge(profile, Runtime(), machine(16 * GIB, bandwidth=Bandwidth(host=1e10)))
    assert here.speed is not None


def test_the_bandwidth_of_this_machine_is_measured_quickly() -> None:
    begun = time.monotonic()
    bandwidth = measure_bandwidth(2)
    assert 1e9 < bandwidth < 2e12
    assert time.monotonic() - begun < 5
