"""Runs Python that nobody vouches for, in a sandbox that is known to work, or not at all.

bubblewrap gives it namespaces of its own: no network, no files but Python's and the system's own to read,
nothing to write to but an empty folder in memory. Time, memory and output are bounded.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import msgspec

TIME_LIMIT_S: Final = 10.0
MEMORY_BYTES: Final = 1 << 30
_PROBE: Final = "assert 1 + 1 == 2\n"

# The word that ends a run well is read before the program is, and its output goes nowhere: a program that
# leaves early, or prints, has not passed.
_RUNNER: Final = """
import os, resource, sys
seconds, size = int(sys.argv[1]), int(sys.argv[2])
for kind, most in ((resource.RLIMIT_AS, size), (resource.RLIMIT_CPU, seconds),
                   (resource.RLIMIT_FSIZE, 1 << 20), (resource.RLIMIT_CORE, 0),
                   (resource.RLIMIT_NPROC, 64)):
    resource.setrlimit(kind, (most, most))
word = sys.stdin.readline().strip()
program = sys.stdin.read()
answer = os.fdopen(os.dup(1), "w")
nowhere = os.open(os.devnull, os.O_RDWR)
for number in (0, 1, 2):
    os.dup2(nowhere, number)
try:
    exec(compile(program, "reply", "exec"), {"__name__": "__main__"})
    told = word
except BaseException as fault:
    told = f"{type(fault).__name__}: {fault}"
answer.write(told[:1000])
answer.flush()
os._exit(0)
"""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """ok: the program came to its end without a fault; else `fault` says what went wrong."""

    ok: bool
    fault: str = ""


@runtime_checkable
class Sandbox(Protocol):
    def run(self, program: str) -> Ran:
        """Run a Python program; blocks at most some seconds."""


class Bubblewrap:
    def __init__(self, bwrap: str, python: str) -> None:
        self._bwrap = bwrap
        self._python = python

    def run(self, program: str) -> Ran:
        word = secrets.token_hex(16)
        process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            told, _ = process.communicate(f"{word}\n{program}", timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return Ran(ok=False, fault=f"it ran longer than {TIME_LIMIT_S:g} s")
        if told == word:
            return Ran(ok=True)
        return Ran(ok=False, fault=" ".join(told.split()) or "it ended before its tests did")

    def _command(self) -> list[str]:
        shown = {"/usr", "/lib", "/lib64", "/bin", "/etc/alternatives"}
        shown |= {sys.prefix, sys.base_prefix, str(Path(self._python).resolve().parent)}
        binds = [
            part
            for folder in sorted(shown)
            if Path(folder).exists()
            for part in ("--ro-bind", folder, folder)
        ]
        return [
            self._bwrap,
            *("--unshare-all", "--die-with-parent", "--new-session", "--clearenv"),
            *("--cap-drop", "ALL"),
            *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp"),
            *binds,
            *(self._python, "-I", "-S", "-c", _RUNNER),
            *(str(int(TIME_LIMIT_S)), str(MEMORY_BYTES)),
        ]


@lru_cache(maxsize=1)
def find_sandbox() -> Sandbox | str:
    """The sandbox of this machine, tried out; else why there is none."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "bubblewrap (bwrap) is not installed"
    python = shutil.which("python3") if getattr(sys, "frozen", False) else sys.executable
    if python is None:
        return "there is no python3 to run it with"
    found = Bubblewrap(bwrap, python)
    try:
        ran = found.run(_PROBE)
    except OSError as e:
        return f"bubblewrap cannot be started: {e.strerror or e}"
    return found if ran.ok else "bubblewrap cannot make a sandbox on this system"
