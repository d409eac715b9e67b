"""Loading the real small model, and files that cannot be loaded."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from engine.client import Stopped
from engine.contract import Lora, Runtime
from engine.errors import (
    LoadError,
    MissingFile,
    NotGguf,
    SteelyardError,
    TruncatedFile,
    UnreadableFile,
    UnsupportedModel,
)
from engine.protocol import Load, Progress
from tests.engine.running import ONE_THREAD, completion, running_worker


def test_everything_automatic_is_settled_and_reported(small_model: Path) -> None:
    with running_worker() as running:
        resolved = running.load(small_model, Runtime()).runtime
    assert resolved.n_ctx == 4096
    assert resolved.n_batch == 2048
    assert resolved.n_ubatch == 512
    assert resolved.threads == resolved.threads_batch >= 1
    assert resolved.flash_attention is True
    assert (resolved.layers, resolved.offloaded_layers) == (31, 0)
    assert resolved.chat_template == "model"
    assert "llama.cpp" in resolved.llama_cpp
    (cpu,) = resolved.devices
    assert cpu.name == "CPU"
    # 30 layers × 4096 cells × (3 + 3 heads) × 64 × 2 bytes: 90 MiB of f16.
    assert cpu.kv_bytes == 90 * 1024 * 1024
    assert cpu.model_bytes > 90e6


def test_settings_are_taken_as_asked(small_model: Path) -> None:
    runtime = Runtime(
        n_ctx=1024,
        n_batch=256,
        n_ubatch=64,
        threads=1,
        threads_batch=2,
        type_k="q8_0",
        type_v="q8_0",
        flash_attention="on",
        mmap=False,
    )
    with running_worker() as running:
        resolved = running.load(small_model, runtime).runtime
        assert running.ask("Hello").text
    assert (resolved.n_ctx, resolved.n_batch, resolved.n_ubatch) == (1024, 256, 64)
    assert (resolved.threads, resolved.threads_batch) == (1, 2)
    assert (resolved.type_k, resolved.type_v, resolved.flash_attention) == ("q8_0", "q8_0", True)
    (cpu,) = resolved.devices
    # q8_0 stores 32 values in 34 bytes instead of 64.
    assert cpu.kv_bytes == pytest.approx(22.5 * 1024 * 1024 * 34 / 64, rel=0.01)


def test_flash_attention_can_be_off(small_model: Path) -> None:
    with running_worker() as running:
        loaded = running.load(small_model, Runtime(n_ctx=256, threads=1, flash_attention="off"))
    assert loaded.runtime.flash_attention is False


def test_a_file_just_read_counts_as_cached(small_model: Path) -> None:
    small_model.read_bytes()
    with running_worker() as running:
        assert running.load(small_model).cached_fraction == pytest.approx(1.0, abs=0.01)


def test_a_load_reports_its_progress(small_model: Path) -> None:
    with running_worker() as running:
        request = Load(
            id=running.client.next_id(), path=str(small_model), runtime=ONE_THREAD, n_gpu_layers=0
        )
        fractions = [r.fraction for r in running.client.ask(request) if isinstance(r, Progress)]
    assert fractions == sorted(fractions)
    assert len(fractions) > 5
    assert fractions[-1] == pytest.approx(1.0, abs=0.02)


def test_a_load_can_be_cancelled_and_the_worker_loads_again(small_model: Path) -> None:
    with running_worker() as running:
        request = Load(
            id=running.client.next_id(), path=str(small_model), runtime=ONE_THREAD, n_gpu_layers=0
        )
        stopping = threading.Event()
        stopping.set()
        with pytest.raises(Stopped):
            list(running.client.ask(request, stopping))
        running.load(small_model)


def test_a_quantized_v_cache_without_flash_attention_is_refused_with_the_remedy(
    small_model: Path,
) -> None:
    with running_worker() as running:
        with pytest.raises(LoadError, match="needs flash attention"):
            running.load(small_model, Runtime(n_ctx=256, type_v="q8_0", flash_attention="off"))
        running.load(small_model)


def broken(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_each_kind_of_broken_file_has_its_own_sentence(small_model: Path, tmp_path: Path) -> None:
    whole = small_model.read_bytes()
    files: dict[Path, type[SteelyardError]] = {
        tmp_path / "gone.gguf": MissingFile,
        broken(tmp_path, "text.gguf", b"This is no model at all, only text." * 10): NotGguf,
        broken(tmp_path, "empty.gguf", b""): SteelyardError,
        broken(tmp_path, "short.gguf", whole[: len(whole) // 2]): TruncatedFile,
        broken(tmp_path, "header.gguf", whole[:20000]): SteelyardError,
        broken(tmp_path, "arch.gguf", whole.replace(b"llama", b"lxyzq")): UnsupportedModel,
        broken(tmp_path, "old.gguf", whole[:4] + b"\x01" + whole[5:]): UnsupportedModel,
        broken(
            tmp_path, "odd.gguf", whole.replace(b"blk.7.attn_q", b"blk.7.attn_Z")
        ): SteelyardError,
    }
    sentences = []
    with running_worker() as running:
        for path, kind in files.items():
            with pytest.raises(kind) as caught:
                running.load(path)
            sentence = str(caught.value)
            assert path.name in sentence
            sentences.append(sentence.replace(path.name, ""))
        running.load(small_model)
    assert len(set(sentences)) >= 6, sentences


def test_a_file_that_may_not_be_read_is_told(small_model: Path, tmp_path: Path) -> None:
    with running_worker() as running, pytest.raises(UnreadableFile, match="cannot be read"):
        running.load(tmp_path)


def test_a_lora_that_is_none_is_refused(small_model: Path, tmp_path: Path) -> None:
    fake = broken(tmp_path, "lora.gguf", b"nothing")
    with running_worker() as running:
        runtime = Runtime(n_ctx=256, threads=1, loras=(Lora(path=str(fake)),))
        with pytest.raises(LoadError, match=r"adapter lora\.gguf does not fit"):
            running.load(small_model, runtime)


def test_a_lora_changes_the_reply_by_its_scale(small_model: Path, tmp_path: Path) -> None:
    lora = make_lora(tmp_path / "lora.gguf")
    texts = []
    with running_worker() as running:
        for scale in (0.0, 4.0):
            runtime = Runtime(n_ctx=256, threads=1, loras=(Lora(path=str(lora), scale=scale),))
            running.load(small_model, runtime)
            texts.append(running.ask(completion("The capital of France is")).text)
        running.load(small_model)
        texts.append(running.ask(completion("The capital of France is")).text)
    without, zero, full = texts[2], texts[0], texts[1]
    assert zero == without
    assert full != without


def make_lora(path: Path) -> Path:
    """A random adapter of rank 4 on one matrix of the small model (576 wide)."""
    import gguf
    import numpy as np

    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(os.fspath(path), "llama")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 4.0)
    for name, shape in (("lora_a", (4, 576)), ("lora_b", (576, 4))):
        values = random.normal(0, 0.5, shape).astype(np.float32)
        writer.add_tensor(f"blk.3.attn_output.weight.{name}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
