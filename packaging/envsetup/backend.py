"""Which backend llama.cpp is compiled with: the one whose device and compiler are both here."""

import ctypes
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from envsetup.failure import SetupFailure

VARIABLE = "STEELYARD_BACKEND"
AUTOMATIC = "auto"
COMMON_OPTIONS = ("-DGGML_RPC=ON", "-DLLAVA_BUILD=OFF")
# vk::LayerSettingEXT, which ggml-vulkan uses, came with these headers.
OLDEST_VULKAN_HEADERS = (1, 3, 272)
# Compiling takes this many minutes times cores; measured for the CPU, generous for the others.
CORE_MINUTES = {"cpu": 8, "metal": 10, "vulkan": 14, "cuda": 90, "rocm": 90}


@dataclass(frozen=True)
class Backend:
    """compiler: the GPU's own, "" without one; it belongs to what a compiled wheel depends on."""

    name: str
    options: tuple[str, ...]
    compiler: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What of each backend is on this machine: paths of compilers, presence of devices."""

    is_mac: bool = False
    nvidia_device: bool = False
    nvcc: str | None = None
    amd_device: bool = False
    hipcc: str | None = None
    vulkan_device: bool = False
    glslc: str | None = None
    vulkan_problem: str | None = None


def look_for_backends(
    environment: Mapping[str, str],
    root: Path = Path("/"),
    which: Callable[[str], str | None] = shutil.which,
) -> Found:
    """Look for devices and compilers; quick, as it runs before every target."""

    def tool(name: str, *homes: str) -> str | None:
        folders = [Path(environment[home]) for home in homes if home in environment]
        folders += [root / "usr/local/cuda", root / "opt/cuda", root / "opt/rocm"]
        beside = (str(f / "bin" / name) for f in folders if (f / "bin" / name).is_file())
        return which(name) or next(beside, None)

    return Found(
        is_mac=sys.platform == "darwin",
        nvidia_device=(root / "dev/nvidia0").exists() or (root / "dev/dxg").exists(),
        nvcc=tool("nvcc", "CUDA_HOME", "CUDA_PATH"),
        amd_device=(root / "dev/kfd").exists(),
        hipcc=tool("hipcc", "ROCM_PATH", "HIP_PATH"),
        vulkan_device=any((root / "dev/dri").glob("renderD*")),
        glslc=which("glslc"),
        vulkan_problem=_vulkan_problem(environment, root),
    )


def choose_backend(requested: str, found: Found) -> Backend:
    """Give the backend asked for, or for "auto" the best one that has both device and compiler.

    Raises:
        SetupFailure: the one asked for is unknown, or cannot be compiled here.
    """
    if requested != AUTOMATIC:
        return _requested(requested, found)
    if found.is_mac:
        return _build("metal", found)
    if found.nvidia_device and found.nvcc:
        return _build("cuda", found)
    if found.amd_device and found.hipcc:
        return _build("rocm", found)
    if found.vulkan_device and not _missing("vulkan", found):
        return _build("vulkan", found)
    return _build("cpu", found)


def hint(backend: Backend, requested: str, found: Found) -> str | None:
    """Say what would put an unused GPU to use, where there is one."""
    if requested != AUTOMATIC or backend.name != "cpu":
        return None
    if found.nvidia_device:
        return (
            "This machine has an NVIDIA GPU but no CUDA compiler (nvcc), so llama.cpp is compiled"
            " for the CPU. Install NVIDIA's CUDA toolkit and run this again to use the GPU."
        )
    if found.amd_device:
        return (
            "This machine has an AMD GPU but no ROCm compiler (hipcc), so llama.cpp is compiled"
            " for the CPU. Install ROCm or the Vulkan SDK and run this again to use the GPU."
        )
    return None


def _requested(name: str, found: Found) -> Backend:
    if name not in CORE_MINUTES:
        known = ", ".join((AUTOMATIC, *sorted(CORE_MINUTES)))
        raise SetupFailure(f"{VARIABLE}={name} is not known. It can be: {known}.")
    missing = _missing(name, found)
    if missing:
        raise SetupFailure(
            f"{VARIABLE}={name} cannot be compiled here: {missing}"
            f" Install that, or choose another: {VARIABLE}=cpu make setup"
        )
    return _build(name, found)


def _missing(name: str, found: Found) -> str | None:
    """Name the first thing that a backend lacks to be compiled here."""
    if name == "cuda" and not found.nvcc:
        return "the CUDA compiler (nvcc, from NVIDIA's CUDA toolkit) was not found."
    if name == "rocm" and not found.hipcc:
        return "the ROCm compiler (hipcc, from AMD's ROCm) was not found."
    if name == "vulkan" and not found.glslc:
        return "the shader compiler (glslc, from the Vulkan SDK) was not found."
    if name == "vulkan":
        return found.vulkan_problem
    if name == "metal" and not found.is_mac:
        return "Metal exists on macOS only."
    return None


def _build(name: str, found: Found) -> Backend:
    if name == "cuda":
        nvcc = str(Path(found.nvcc or "").resolve())
        return _backend(name, "-DGGML_CUDA=ON", nvcc, {"CUDACXX": nvcc})
    if name == "rocm":
        hipcc = Path(found.hipcc or "").resolve()
        clang = hipcc.parent.parent / "llvm/bin/clang"
        return _backend(name, "-DGGML_HIP=ON", str(hipcc), {"HIPCXX": str(clang)})
    if name == "vulkan":
        return _backend(name, "-DGGML_VULKAN=ON", found.glslc or "", {})
    if name == "cpu" and found.is_mac:
        return _backend(name, "-DGGML_METAL=OFF", "", {})
    return Backend(name, COMMON_OPTIONS)


def _backend(name: str, option: str, compiler: str, environment: Mapping[str, str]) -> Backend:
    return Backend(name, (*COMMON_OPTIONS, option), compiler, environment)


def _vulkan_problem(environment: Mapping[str, str], root: Path) -> str | None:
    folders = [root / "usr/include", root / "usr/local/include"]
    if "VULKAN_SDK" in environment:
        folders.insert(0, Path(environment["VULKAN_SDK"]) / "include")
    headers = [f / "vulkan/vulkan_core.h" for f in folders if (f / "vulkan/vulkan_core.h").exists()]
    if not headers:
        return "the Vulkan headers (libvulkan-dev, vulkan-headers) were not found."
    if vulkan_headers_version(headers[0].read_text(encoding="utf-8")) < OLDEST_VULKAN_HEADERS:
        oldest = ".".join(map(str, OLDEST_VULKAN_HEADERS))
        return f"the Vulkan headers are older than {oldest}."
    if not any((f / "spirv/unified1/spirv.hpp").exists() for f in folders):
        return "the SPIR-V headers (spirv-headers) were not found."
    try:
        ctypes.CDLL("libvulkan.so.1")
    except OSError:
        return "the Vulkan loader (libvulkan.so.1) was not found."
    return None


def vulkan_headers_version(text: str) -> tuple[int, int, int]:
    """Read the version out of vulkan_core.h; (0, 0, 0) where it does not say."""
    patch = re.search(r"#define VK_HEADER_VERSION (\d+)", text)
    complete = re.search(r"#define VK_HEADER_VERSION_COMPLETE \S+\(\d+, (\d+), (\d+),", text)
    if not patch or not complete:
        return (0, 0, 0)
    return int(complete[1]), int(complete[2]), int(patch[1])
