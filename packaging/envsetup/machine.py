"""What the set-up must know of the machine it runs on."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MANAGERS = ("apt-get", "dnf", "zypper", "pacman")
Which = Callable[[str], str | None]


@dataclass(frozen=True)
class Machine:
    """manager: the package manager's command, None where we know none. glibc: None elsewhere."""

    system: str
    architecture: str
    manager: str | None
    glibc: tuple[int, int] | None
    is_root: bool
    cores: int

    @property
    def installs_by_itself(self) -> bool:
        """Whether missing system packages may be installed without asking: root on Debian's kin."""
        return self.is_root and self.manager == "apt-get"


def look_at_machine() -> Machine:
    return Machine(
        system=sys.platform,
        architecture=platform.machine(),
        manager=find_manager(sys.platform, shutil.which),
        glibc=glibc_version(libc_name()),
        is_root=os.geteuid() == 0,
        cores=usable_cores(),
    )


def find_manager(system: str, which: Which) -> str | None:
    if system == "darwin":
        return "brew"
    return next((manager for manager in MANAGERS if which(manager)), None)


def libc_name() -> str:
    """Give the C library as POSIX names it, "glibc 2.36"; empty where it does not say."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""


def glibc_version(name: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"glibc (\d+)\.(\d+).*", name)
    return (int(found[1]), int(found[2])) if found else None


def usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_description() -> str:
    """Describe the CPU as far as code compiled for it depends on it: its model and its features."""
    if sys.platform == "darwin":
        names = ["machdep.cpu.brand_string", "machdep.cpu.features", "hw.optional"]
        asked = subprocess.run(["sysctl", *names], capture_output=True, text=True, check=False)
        return asked.stdout
    return describe_cpuinfo(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))


def describe_cpuinfo(text: str) -> str:
    """Give the lines of /proc/cpuinfo that name model and features of the first processor."""
    wanted = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    first = text.split("\n\n", 1)[0]
    return "\n".join(line for line in first.splitlines() if line.startswith(wanted))
