"""A compiled wheel is found again by what it depends on, and only when it is whole."""

from dataclasses import replace
from pathlib import Path

import pytest
from envsetup.backend import Found, choose_backend
from envsetup.wheels import WheelCache, cache_folder, wheel_key

CPU = choose_backend("cpu", Found())


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "llama_cpp_python-1-py3-none-any.whl"
    path.write_bytes(b"compiled" * 1000)
    return path


@pytest.fixture
def cache(tmp_path: Path) -> WheelCache:
    return WheelCache(tmp_path / "cache")


def test_a_kept_wheel_is_found_again(cache: WheelCache, wheel: Path) -> None:
    kept = cache.keep("key", wheel)
    assert cache.find("key") == kept
    assert kept.name == wheel.name
    assert kept.read_bytes() == wheel.read_bytes()


def test_a_wheel_of_another_key_is_not_given(cache: WheelCache, wheel: Path) -> None:
    cache.keep("key", wheel)
    assert cache.find("other") is None


def test_a_wheel_cut_short_is_not_given(cache: WheelCache, wheel: Path) -> None:
    kept = cache.keep("key", wheel)
    kept.write_bytes(kept.read_bytes()[:-1])
    assert cache.find("key") is None


def test_a_wheel_whose_copying_was_interrupted_is_not_given(cache: WheelCache, wheel: Path) -> None:
    cache.keep("key", wheel).with_name("sha256").unlink()
    assert cache.find("key") is None


def test_a_dropped_wheel_is_gone(cache: WheelCache, wheel: Path) -> None:
    cache.keep("key", wheel)
    cache.drop("key")
    assert cache.find("key") is None


def test_the_key_follows_version_options_and_compiler() -> None:
    others = [
        wheel_key("2", CPU),
        wheel_key("1", replace(CPU, options=("-DGGML_RPC=OFF",))),
        wheel_key("1", replace(CPU, compiler="/usr/local/cuda-13/bin/nvcc")),
    ]
    assert wheel_key("1", CPU) not in others
    assert len(set(others)) == len(others)


def test_the_key_follows_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envsetup.wheels.cpu_description", lambda: "old")
    old = wheel_key("1", CPU)
    monkeypatch.setattr("envsetup.wheels.cpu_description", lambda: "new")
    assert wheel_key("1", CPU) != old


def test_the_cache_lies_where_the_platform_keeps_caches(tmp_path: Path) -> None:
    assert cache_folder({"XDG_CACHE_HOME": str(tmp_path)}, "linux") == tmp_path / "steelyard"
    assert cache_folder({}, "linux") == Path.home() / ".cache/steelyard"
    assert cache_folder({}, "darwin") == Path.home() / "Library/Caches/steelyard"
