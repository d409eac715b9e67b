"""What pip cannot bring: a compiler, Python's venv, the shared libraries that Qt loads.

All of it is looked for before anything is downloaded. What is missing is named together with the
one command that installs it; root on Debian and its kin gets it installed.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from envsetup.console import say
from envsetup.failure import SetupFailure
from envsetup.machine import Machine

# PySide6's wheels are built against these.
OLDEST_GLIBC = (2, 34)
ARCHITECTURES = ("x86_64", "aarch64", "arm64")
# From here on Debian and Ubuntu call packages that were rebuilt for 64-bit time "…t64".
T64_GLIBC = (2, 39)

Packages = Mapping[str, str]


@dataclass(frozen=True)
class Need:
    """packages: what brings it, for each package manager's command."""

    name: str
    purpose: str
    packages: Packages


# Found one by one in an empty Debian 12. The import of Qt fails without any of the first six; the
# others are what its xcb plugin needs to open a window.
QT_LIBRARIES = """
    soname               apt-get            dnf               zypper              pacman
    libglib-2.0.so.0     libglib2.0-0       glib2             libglib-2_0-0       glib2
    libEGL.so.1          libegl1            libglvnd-egl      libglvnd            libglvnd
    libGL.so.1           libgl1             libglvnd-glx      libglvnd            libglvnd
    libxkbcommon.so.0    libxkbcommon0      libxkbcommon      libxkbcommon0       libxkbcommon
    libdbus-1.so.3       libdbus-1-3        dbus-libs         libdbus-1-3         dbus
    libfontconfig.so.1   libfontconfig1     fontconfig        libfontconfig1      fontconfig
    libxcb-cursor.so.0   libxcb-cursor0     xcb-util-cursor   libxcb-cursor0      xcb-util-cursor
    libxkbcommon-x11.so.0 libxkbcommon-x11-0 libxkbcommon-x11 libxkbcommon-x11-0  libxkbcommon-x11
    libxcb-icccm.so.4    libxcb-icccm4      xcb-util-wm       libxcb-icccm4       xcb-util-wm
    libxcb-keysyms.so.1  libxcb-keysyms1    xcb-util-keysyms  libxcb-keysyms1     xcb-util-keysyms
    libxcb-shape.so.0    libxcb-shape0      libxcb            libxcb-shape0       libxcb
"""
COMPILER = {
    "apt-get": "build-essential",
    "dnf": "gcc-c++",
    "zypper": "gcc-c++",
    "pacman": "base-devel",
}
INSTALL = {
    "apt-get": "apt-get install -y",
    "dnf": "dnf install -y",
    "zypper": "zypper install -y",
    "pacman": "pacman -S --needed --noconfirm",
}


def qt_libraries() -> list[Need]:
    header, *rows = (line.split() for line in QT_LIBRARIES.strip().splitlines())
    purpose = "a shared library that the window (Qt) loads"
    return [Need(row[0], purpose, dict(zip(header[1:], row[1:], strict=True))) for row in rows]


def missing_needs(machine: Machine, compiles: bool) -> list[Need]:
    """Look for everything that has to be here already; the compiler only where it will be used."""
    missing = []
    if compiles and not compiler_works():
        missing.append(Need("a C++ compiler", "compiles llama.cpp for this machine", COMPILER))
    if importlib.util.find_spec("ensurepip") is None:
        venv = f"python3.{sys.version_info.minor}-venv"
        missing.append(Need("Python's venv module", "keeps our packages apart", {"apt-get": venv}))
    if machine.system == "linux":
        missing += [library for library in qt_libraries() if not loads(library.name)]
    return missing


def compiler_works(environment: Mapping[str, str] = os.environ) -> bool:
    """Try the C++ compiler on a line that needs its standard library as well."""
    # macOS has a c++ that only opens a dialog until the command line tools are installed.
    if sys.platform == "darwin" and not _succeeds(["xcode-select", "-p"]):
        return False
    names = [environment["CXX"]] if environment.get("CXX") else ["c++", "g++", "clang++"]
    compiler = next(filter(None, map(shutil.which, names)), None)
    check = ["-x", "c++", "-fsyntax-only", "-"]
    return compiler is not None and _succeeds([compiler, *check], "#include <vector>\n")


def _succeeds(command: Sequence[str], text: str = "") -> bool:
    asked = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    return asked.returncode == 0


def loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def refuse_unsupported(machine: Machine) -> None:
    """Stop where Qt's packages cannot run whatever is installed.

    Raises:
        SetupFailure: another C library than glibc 2.34 or later, or another processor.
    """
    if machine.architecture not in ARCHITECTURES:
        raise SetupFailure(
            f"Steelyard runs on x86-64 and 64-bit ARM; this machine is {machine.architecture}."
        )
    if machine.system == "linux" and (machine.glibc or (0, 0)) < OLDEST_GLIBC:
        here = (
            "another C library" if machine.glibc is None else "glibc {}.{}".format(*machine.glibc)
        )
        raise SetupFailure(
            f"The window's toolkit (Qt) needs glibc 2.34 or later; this system has {here}."
            " It is in Debian 12, Ubuntu 22.04, Fedora 35, RHEL 9 and everything after them."
        )


def install_command(missing: Iterable[Need], machine: Machine) -> list[str] | None:
    """Give the one command that installs all of it; None where we know no package manager."""
    if machine.system == "darwin":
        return ["xcode-select", "--install"]
    if machine.manager is None:
        return None
    packages: dict[str, None] = {}
    for need in missing:
        name = need.packages.get(machine.manager)
        if name:
            packages[t64(name, machine)] = None
    return [*INSTALL[machine.manager].split(), *packages]


def t64(package: str, machine: Machine) -> str:
    renamed = package == "libglib2.0-0" and (machine.glibc or (0, 0)) >= T64_GLIBC
    return f"{package}t64" if renamed else package


def refusal(missing: Sequence[Need], machine: Machine) -> str:
    """Word what is missing and what to do, for whoever typed `make`."""
    lines = ["Steelyard needs what this machine does not have yet:"]
    lines += [f"  {need.name}: {need.purpose}" for need in missing]
    command = install_command(missing, machine)
    if command is None:
        lines.append("Install these with your system's package manager, then run this again.")
    else:
        sudo = [] if machine.is_root or machine.system == "darwin" else ["sudo"]
        lines += ["Install it with", f"  {' '.join([*sudo, *command])}", "then run this again."]
    return "\n".join([*lines, "Nothing has been downloaded or changed so far."])


def ensure_requisites(
    machine: Machine,
    compiles: bool,
    look: Callable[[Machine, bool], list[Need]] = missing_needs,
    install: Callable[[list[str]], None] | None = None,
) -> None:
    """See to it that everything is here: install it where that is ours to do, else refuse.

    Raises:
        SetupFailure: something is missing; it carries the sentences for the user.
    """
    refuse_unsupported(machine)
    missing = look(machine, compiles)
    if not missing:
        return
    command = install_command(missing, machine)
    if not machine.installs_by_itself or command is None:
        raise SetupFailure(refusal(missing, machine))
    names = ", ".join(need.name for need in missing)
    say(f"Missing here: {names}. As root, installing: {' '.join(command)}")
    (install or _apt_install)(command)
    still = look(machine, compiles)
    if still:
        raise SetupFailure(refusal(still, machine))


def _apt_install(command: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # A fresh image has no package lists at all.
    for step in (["apt-get", "update"], command):
        done = subprocess.run(
            step,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SetupFailure(f"{done.stdout}{done.stderr}\nThis failed: {' '.join(step)}")
