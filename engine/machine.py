"""This machine: its processor, memory, power source; containers' limits count as the machine's."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import psutil

from engine.contract import DeviceInfo, Environment

APP_VERSION = "0.1.0"
_CGROUP = Path("/sys/fs/cgroup")


def describe_environment(devices: tuple[DeviceInfo, ...], llama_cpp: str | None) -> Environment:
    """What a session records of where it ran; no host name, no user name."""
    source = power_source()
    absent = {} if source else {"power_source": "this machine has no battery that could be read"}
    return Environment(
        app=f"Steelyard {APP_VERSION}",
        llama_cpp=llama_cpp or installed_llama_cpp(),
        os=f"{platform.system()} {platform.release()} ({platform.machine()})",
        cpu=processor_name(),
        ram_bytes=total_memory(),
        physical_cores=psutil.cpu_count(logical=False),
        logical_cores=psutil.cpu_count(),
        devices=devices,
        power_source=source,
        python=platform.python_version(),
        absent=absent,
    )


def available_memory() -> int:
    """Bytes that a new process could take without pushing others out."""
    limit = _cgroup_headroom()
    available = int(psutil.virtual_memory().available)
    return available if limit is None else min(available, limit)


def total_memory() -> int:
    total = int(psutil.virtual_memory().total)
    limit = _read_number(_CGROUP / "memory.max")
    return total if limit is None else min(total, limit)


def power_source() -> Literal["mains", "battery"] | None:
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):
        return None
    if battery is None or battery.power_plugged is None:
        return None
    return "mains" if battery.power_plugged else "battery"


def processor_name() -> str:
    if sys.platform == "linux":
        try:
            for line in Path("/proc/cpuinfo").read_text().splitlines():
                if line.startswith(("model name", "Model")):
                    return line.split(":", 1)[1].strip()
        except OSError:
            pass
    return platform.processor() or platform.machine()


def _cgroup_headroom() -> int | None:
    limit = _read_number(_CGROUP / "memory.max")
    used = _read_number(_CGROUP / "memory.current")
    if limit is None or used is None:
        return None
    # The page cache is charged to the group, and given back when memory is needed.
    return max(0, limit - used + _cgroup_file_cache())


def _cgroup_file_cache() -> int:
    try:
        for line in (_CGROUP / "memory.stat").read_text().splitlines():
            if line.startswith("file "):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


def _read_number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def installed_llama_cpp() -> str | None:
    """The binding with its version; None where it is not installed as a package."""
    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return None
