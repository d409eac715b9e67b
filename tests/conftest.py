"""What every test shares: the small model, its quantizations, and a watch over what tests leave behind."""

from __future__ import annotations

import gc
import os
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.quantize import quantize
from models.demo import demo_model_path

FILE_TYPES = {"Q2_K": 10, "Q8_0": 7}
_PATIENCE_S = 20.0
_PRE_KEY = b"tokenizer.ggml.pre"


def pytest_collection_finish() -> None:
    """What is loaded stays until the end: the garbage collector need not look through it all the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 10, 50)


@pytest.fixture(scope="session")
def small_model() -> Path:
    return demo_model_path()


@pytest.fixture(scope="session")
def quantized(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The small model at other quantizations, made once a session by llama.cpp itself."""
    folder = tmp_path_factory.mktemp("quantized")
    made = {}
    for name, file_type in FILE_TYPES.items():
        made[name] = folder / f"SmolLM2-135M-Instruct.{name}.gguf"
        quantize(small_model, made[name], file_type)
    return made


@pytest.fixture(scope="session")
def other_tokenizer(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model's weights with Falcon's way of cutting text, which keeps marks apart from spaces."""
    own, other = (_PRE_KEY + struct.pack("<IQ", 8, 6) + name for name in (b"smollm", b"falcon"))
    content = small_model.read_bytes()
    assert content.count(own) == 1
    path = tmp_path_factory.mktemp("other") / "SmolLM2-135M-Instruct-other-tokens.gguf"
    path.write_bytes(content.replace(own, other))
    return path


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """No test may leave a child process, a zombie or a thread of ours."""
    threads_before = set(threading.enumerate())
    children_before = _children()
    yield
    children = _children() - children_before
    _, alive = psutil.wait_procs(children, timeout=_PATIENCE_S)
    assert not alive, f"left running: {[child.cmdline() for child in alive]}"
    for thread in set(threading.enumerate()) - threads_before:
        if not thread.daemon or thread.name.startswith("worker-"):
            thread.join(_PATIENCE_S)
            assert not thread.is_alive(), f"left running: {thread.name}"


def _children() -> set[psutil.Process]:
    if sys.platform == "linux":
        # Asked of the kernel first: looking through all processes takes longer than many a test.
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return set()
    return set(psutil.Process().children())
