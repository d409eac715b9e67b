"""The backend of llama.cpp follows from the devices and compilers found, or from one variable."""

from dataclasses import replace
from pathlib import Path

import pytest
from envsetup.backend import (
    Found,
    choose_backend,
    hint,
    look_for_backends,
    vulkan_headers_version,
)
from envsetup.failure import SetupFailure

VULKAN = Found(vulkan_device=True, glslc="/usr/bin/glslc")


def nothing_on_path(_name: str) -> None:
    return None


def place(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("found", "backend"),
    [
        (Found(), "cpu"),
        (Found(nvcc="/usr/bin/nvcc"), "cpu"),
        (Found(nvidia_device=True), "cpu"),
        (Found(nvidia_device=True, nvcc="/usr/bin/nvcc"), "cuda"),
        (Found(hipcc="/opt/rocm/bin/hipcc"), "cpu"),
        (Found(amd_device=True, hipcc="/opt/rocm/bin/hipcc"), "rocm"),
        (VULKAN, "vulkan"),
        (Found(glslc="/usr/bin/glslc"), "cpu"),
        (Found(vulkan_device=True, glslc="/g", vulkan_problem="old headers."), "cpu"),
        (Found(is_mac=True), "metal"),
    ],
)
def test_a_backend_is_chosen_where_device_and_compiler_are_both_here(
    found: Found, backend: str
) -> None:
    assert choose_backend("auto", found).name == backend


def test_every_backend_has_rpc_and_no_vision() -> None:
    for requested in ("cpu", "cuda", "vulkan", "rocm", "metal"):
        everything = Found(is_mac=True, nvcc="/n", hipcc="/h/bin/hipcc", glslc="/g")
        options = choose_backend(requested, everything).options
        assert options[:2] == ("-DGGML_RPC=ON", "-DLLAVA_BUILD=OFF")


@pytest.mark.parametrize(
    ("requested", "option"),
    [("cuda", "-DGGML_CUDA=ON"), ("rocm", "-DGGML_HIP=ON"), ("vulkan", "-DGGML_VULKAN=ON")],
)
def test_the_variable_overrides_what_was_found(requested: str, option: str) -> None:
    everything = Found(nvcc="/n", hipcc="/opt/rocm/bin/hipcc", glslc="/g")
    assert option in choose_backend(requested, everything).options


def test_cpu_on_a_mac_switches_metal_off() -> None:
    assert "-DGGML_METAL=OFF" in choose_backend("cpu", Found(is_mac=True)).options


@pytest.mark.parametrize(
    ("requested", "named"),
    [("cuda", "nvcc"), ("rocm", "hipcc"), ("vulkan", "glslc"), ("metal", "macOS")],
)
def test_a_backend_that_cannot_be_compiled_here_says_what_is_missing(
    requested: str, named: str
) -> None:
    with pytest.raises(SetupFailure, match=named):
        choose_backend(requested, Found())


def test_an_unknown_backend_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SetupFailure, match=r"opencl is not known.*cuda.*vulkan"):
        choose_backend("opencl", Found())


def test_an_unused_gpu_is_pointed_out() -> None:
    found = Found(nvidia_device=True)
    assert "CUDA toolkit" in (hint(choose_backend("auto", found), "auto", found) or "")


def test_nothing_is_pointed_out_where_the_cpu_was_asked_for_or_is_all_there_is() -> None:
    found = Found(nvidia_device=True)
    assert hint(choose_backend("cpu", found), "cpu", found) is None
    assert hint(choose_backend("auto", Found()), "auto", Found()) is None


def test_nvcc_is_found_in_its_usual_folder_beside_the_path(tmp_path: Path) -> None:
    nvcc = place(tmp_path / "usr/local/cuda/bin/nvcc")
    place(tmp_path / "dev/nvidia0")
    found = look_for_backends({}, tmp_path, nothing_on_path)
    assert found.nvcc == str(nvcc)
    assert found.nvidia_device


def test_compilers_on_the_path_are_found(tmp_path: Path) -> None:
    found = look_for_backends({}, tmp_path, "/usr/bin/{}".format)
    assert (found.nvcc, found.hipcc, found.glslc) == (
        "/usr/bin/nvcc",
        "/usr/bin/hipcc",
        "/usr/bin/glslc",
    )


def test_the_folder_that_a_variable_names_comes_first(tmp_path: Path) -> None:
    place(tmp_path / "usr/local/cuda/bin/nvcc")
    named = place(tmp_path / "mine/bin/nvcc")
    found = look_for_backends({"CUDA_HOME": str(tmp_path / "mine")}, tmp_path, nothing_on_path)
    assert found.nvcc == str(named)


def test_an_empty_machine_has_nothing(tmp_path: Path) -> None:
    found = look_for_backends({}, tmp_path, nothing_on_path)
    assert "Vulkan headers" in (found.vulkan_problem or "")
    assert replace(found, is_mac=False, vulkan_problem=None) == Found()


CORE_H = """
#define VK_HEADER_VERSION {patch}
#define VK_HEADER_VERSION_COMPLETE VK_MAKE_API_VERSION(0, 1, {minor}, VK_HEADER_VERSION)
"""


def test_headers_of_debian_12_are_too_old_for_vulkan(tmp_path: Path) -> None:
    place(tmp_path / "usr/include/vulkan/vulkan_core.h", CORE_H.format(minor=3, patch=239))
    found = look_for_backends({}, tmp_path, nothing_on_path)
    assert found.vulkan_problem == "the Vulkan headers are older than 1.3.272."


def test_new_headers_still_want_those_of_spirv(tmp_path: Path) -> None:
    place(tmp_path / "usr/include/vulkan/vulkan_core.h", CORE_H.format(minor=4, patch=309))
    found = look_for_backends({}, tmp_path, nothing_on_path)
    assert "SPIR-V" in (found.vulkan_problem or "")


def test_the_version_of_vulkan_headers_is_read() -> None:
    assert vulkan_headers_version(CORE_H.format(minor=4, patch=309)) == (1, 4, 309)
    assert vulkan_headers_version("#define NOTHING") == (0, 0, 0)
