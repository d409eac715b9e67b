"""Keeps compiled wheels of llama.cpp outside the clone, so that a second clone compiles nothing."""

import hashlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from envsetup.backend import Backend
from envsetup.machine import cpu_description, libc_name
from envsetup.stamp import fingerprint_of

CHECKSUM = "sha256"


def cache_folder(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> Path:
    """Give Steelyard's folder among the user's caches, where the platform wants it."""
    if system == "darwin":
        return Path.home() / "Library/Caches/steelyard"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steelyard"


class WheelCache:
    """Wheels by what they depend on: version, options, compiler, processor, system, C library."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Path | None:
        """Give the wheel of a key, if it is whole."""
        for wheel in (self._folder / key).glob("*.whl"):
            checksum = wheel.with_name(CHECKSUM)
            if checksum.is_file() and checksum.read_text("utf-8") == _sha256(wheel):
                return wheel
        return None

    def keep(self, key: str, wheel: Path) -> Path:
        """Copy a wheel in; it counts only from when its checksum is written."""
        place = self._folder / key
        self.drop(key)
        place.mkdir(parents=True)
        kept = Path(shutil.copy2(wheel, place))
        kept.with_name(CHECKSUM).write_text(_sha256(kept), "utf-8")
        return kept

    def drop(self, key: str) -> None:
        shutil.rmtree(self._folder / key, ignore_errors=True)


def wheel_key(version: str, backend: Backend) -> str:
    """Name a wheel so that another machine, system or choice of options never gets it."""
    depends_on = [*backend.options, backend.compiler, sysconfig.get_platform(), libc_name()]
    return f"{version}-{backend.name}-{fingerprint_of([*depends_on, cpu_description()])[:16]}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
