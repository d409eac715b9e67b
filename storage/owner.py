"""Tells whether the process that runs a session still exists."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import msgspec
import psutil

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Owner(msgspec.Struct, frozen=True):
    """A process, told apart from a later one of the same number by its start and the system's.

    started_s: on Linux since boot, which does not move with the clock; elsewhere since the epoch.
    """

    pid: int
    started_s: float
    boot: str


@cache
def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started_s(process: psutil.Process) -> float:
    created: float = process.create_time()
    since: float = psutil.boot_time() if psutil.LINUX and _boot() else 0.0
    return created - since


def this_process() -> Owner:
    return Owner(os.getpid(), _started_s(psutil.Process()), _boot())


def is_alive(owner: Owner) -> bool:
    if owner.boot != _boot():
        return False
    try:
        process = psutil.Process(owner.pid)
        same = abs(_started_s(process) - owner.started_s) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
