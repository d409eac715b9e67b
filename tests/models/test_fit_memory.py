"""What a model will need, against what llama.cpp then takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.contract import ModelFile, Runtime
from engine.errors import CorruptFile, MissingFile
from models.describe import describe
from models.fit import estimate_offload, layers_that_fit, memory_need, need_of, profile_of
from models.fit.memory import MARGIN_BYTES
from models.gguf import GgufModel, read_model
from tests.models import ggufs
from tests.models.architectures import RECIPES, write_metadata
from tests.models.conftest import Write

RUNTIMES = [
    Runtime(n_ctx=4096, flash_attention="on"),
    Runtime(n_ctx=4096, flash_attention="off"),
    Runtime(n_ctx=16384, flash_attention="on", type_k="q8_0", type_v="q8_0"),
    Runtime(n_ctx=1000, n_ubatch=128, flash_attention="on"),
]
_CACHE_TYPES = {"f16": 1, "q8_0": 8}


def settings_of(runtime: Runtime) -> dict[str, Any]:
    """The same settings as llama.cpp's context parameters."""
    return {
        "n_ctx": runtime.n_ctx,
        "n_batch": runtime.n_batch,
        "n_ubatch": runtime.n_ubatch,
        "flash_attn_type": int(runtime.flash_attention == "on"),
        "type_k": _CACHE_TYPES[runtime.type_k],
        "type_v": _CACHE_TYPES[runtime.type_v],
        "n_outputs_max": 1,
        "n_seq_max": 1,
        "swa_full": False,
    }


def measure(jobs: list[dict[str, Any]]) -> list[list[dict[str, float]]]:
    """llama.cpp's figures for each job and setting; llama.cpp runs in a process of its own."""
    settings = [settings_of(runtime) for runtime in RUNTIMES]
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.models.llama_sizes",
            json.dumps([{**job, "settings": settings} for job in jobs]),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    answers = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert len(answers) == len(jobs), result.stderr[-2000:]
    return [answer["contexts"] for answer in answers]


def assert_predicted(model: GgufModel, contexts: list[dict[str, float]]) -> None:
    profile = profile_of(model)
    for runtime, taken in zip(RUNTIMES, contexts, strict=True):
        need = need_of(profile, runtime).whole
        cache = taken.get("kv", 0) + taken.get("rs", 0)
        assert need.weights_bytes == pytest.approx(taken["model"], rel=0.01), runtime
        assert need.kv_bytes == pytest.approx(cache, rel=0.01, abs=8192), runtime
        compute = taken["compute"] + taken["output"]
        assert need.total_bytes == pytest.approx(taken["model"] + cache + compute, rel=0.05)
        assert 0.9 * compute < need.compute_bytes < 1.4 * compute, runtime


def test_the_small_model_and_its_quantizations_take_what_was_predicted(
    small_model: Path, quantized: dict[str, Path]
) -> None:
    paths = [small_model, *quantized.values()]
    for path, contexts in zip(paths, measure([{"path": str(p)} for p in paths]), strict=True):
        assert_predicted(read_model(path), contexts)


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[GgufModel, Any]]:
    """A small model of each architecture, made by llama.cpp, with its figures for each runtime."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = []
        for architecture in RECIPES:
            metadata = folder / f"{architecture}.metadata.gguf"
            write_metadata(architecture, metadata)
            jobs.append({"path": str(folder / f"{architecture}.gguf"), "metadata": str(metadata)})
        figures = measure(jobs)
        # llama.cpp does not save every key, so the metadata are those that it was given.
        models = [
            msgspec.structs.replace(
                read_model(Path(job["path"])), metadata=read_model(Path(job["metadata"])).metadata
            )
            for job in jobs
        ]
    return dict(zip(RECIPES, zip(models, figures, strict=True), strict=True))


@pytest.mark.parametrize("architecture", RECIPES)
def test_a_model_takes_what_was_predicted(
    made: dict[str, tuple[GgufModel, Any]], architecture: str
) -> None:
    assert_predicted(*made[architecture])


# Bytes per token of real models: n_layer × (key + value) × 2, from their published configurations.
PUBLISHED = {
    "Llama 3 8B": (
        "llama",
        {"block_count": 32, "attention.head_count": 32, "attention.head_count_kv": 8},
        4096,
        128 * 1024,
    ),
    "DeepSeek V3": (
        "deepseek2",
        {
            "block_count": 61,
            "attention.head_count": 128,
            "attention.head_count_kv": 1,
            "attention.key_length": 576,
            "attention.value_length": 512,
            "attention.key_length_mla": 192,
            "attention.value_length_mla": 128,
        },
        7168,
        61 * 576 * 2,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_cache_of_known_models_is_as_large_as_is_known(write: Write, name: str) -> None:
    architecture, numbers, width, token_bytes = PUBLISHED[name]
    entries = [
        ggufs.u32(f"{architecture}.{key}", value)
        for key, value in {**numbers, "embedding_length": width, "context_length": 8192}.items()
    ]
    path = write("m.gguf", ggufs.small_model(*entries, architecture=architecture))
    assert (
        need_of(profile_of(read_model(path)), Runtime(n_ctx=8192)).whole.kv_bytes
        == 8192 * token_bytes
    )


def test_layers_move_from_the_host_to_the_device_and_nothing_is_lost(small_model: Path) -> None:
    model = read_model(small_model)
    profile = profile_of(model)
    needs = [
        need_of(profile, Runtime(n_ctx=4096, n_gpu_layers=layers)) for layers in (0, 10, 31, 99)
    ]
    assert [need.offloaded_layers for need in needs] == [0, 10, 31, 31]
    assert needs[0].device.total_bytes == 0
    assert needs[1].host.kv_bytes + needs[1].device.kv_bytes == needs[0].host.kv_bytes
    assert needs[1].device.kv_bytes == 9 * needs[0].whole.kv_bytes // 30
    # The small model's output is tied to its embedding, which then lies in both places.
    embedding = next(t for t in model.tensors if t.name == "token_embd.weight").size_bytes
    assert needs[2].host.weights_bytes == embedding
    assert needs[2].whole.weights_bytes == needs[0].whole.weights_bytes + embedding
    assert needs[3] == needs[2]


def test_automatic_and_all_layers_are_what_the_engine_means_by_them(small_model: Path) -> None:
    file = describe(small_model)
    everything = memory_need(file, Runtime(n_gpu_layers="all"))
    assert memory_need(file, Runtime(n_gpu_layers=-1)) == everything
    assert everything["device"] > everything["host"] > 0
    assert memory_need(file, Runtime())["device"] == 0


def test_the_offload_is_the_largest_that_leaves_the_margin(small_model: Path) -> None:
    profile = profile_of(read_model(small_model))
    runtime = Runtime(n_ctx=4096)
    for layers in (0, 1, 12, 31):
        need = need_of(profile, msgspec.structs.replace(runtime, n_gpu_layers=layers))
        free = need.device.total_bytes + MARGIN_BYTES
        assert layers_that_fit(profile, runtime, [free]) == layers
    assert estimate_offload(describe(small_model), runtime, 1 << 40) == 31
    assert estimate_offload(describe(small_model), runtime, 0) == 0


def test_the_trained_context_is_the_default_up_to_4096(small_model: Path, write: Write) -> None:
    assert need_of(profile_of(read_model(small_model)), Runtime()).n_ctx == 4096
    short = ggufs.small_model(
        ggufs.u32("llama.context_length", 1000), ggufs.u32("llama.block_count", 1)
    )
    assert need_of(profile_of(read_model(write("m.gguf", short))), Runtime()).n_ctx == 1024


def test_a_file_without_layers_is_said_to_be_unusable(write: Write) -> None:
    with pytest.raises(CorruptFile, match="0 layers"):
        profile_of(read_model(write("m.gguf", ggufs.small_model())))


def test_a_file_that_vanished_is_said_to_be_missing() -> None:
    with pytest.raises(MissingFile, match="is not there"):
        memory_need(ModelFile(path="/nowhere/m.gguf", file="m.gguf", size_bytes=1), Runtime())
