"""What processor this is, and whether it is a virtual one."""

from __future__ import annotations

import platform
import subprocess
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil


class Processor(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None
    physical_cores: int | None
    virtual: bool


def this_processor(root: Path = Path("/")) -> Processor:
    """Read the system's own description; `root` replaces / in tests."""
    text = _cpuinfo(root)
    fields = dict(_pairs(text))
    name = (
        fields.get("model name") or fields.get("Model") or fields.get("cpu model") or _elsewhere()
    )
    virtual = (
        "hypervisor" in fields.get("flags", "").split() or (root / "sys/hypervisor/type").exists()
    )
    return Processor(
        name=name or None,
        physical_cores=psutil.cpu_count(logical=False) or psutil.cpu_count(),
        virtual=virtual,
    )


def _cpuinfo(root: Path) -> str:
    try:
        return (root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _pairs(text: str) -> list[tuple[str, str]]:
    """Name and value of each line; the last processor's stay, and all are alike."""
    halves = (line.partition(":") for line in text.splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in halves if colon]


def _elsewhere() -> str:
    if platform.system() == "Darwin":
        with suppress(OSError, subprocess.SubprocessError):
            answer = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
                capture_output=True,
                text=True,
                check=True,
                timeout=5,
            )
            return answer.stdout.strip()
    return platform.processor()
