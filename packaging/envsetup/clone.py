"""Where things lie in a clone and in the environment inside it."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Clone:
    """root: the folder with the Makefile. Paths are given whether or not they exist."""

    root: Path

    @property
    def environment(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.environment / "bin/python"

    @property
    def log(self) -> Path:
        return self.environment / "setup.log"

    def requirements(self, kind: str = "") -> Path:
        """Give a requirements file: the app's own, or "dev", "build", "model"."""
        return self.root / (f"requirements-{kind}.txt" if kind else "requirements.txt")

    def installed(self, pattern: str) -> Path | None:
        """Find an installed file by its pattern below site-packages."""
        return next(self.environment.glob(f"lib/python3.*/site-packages/{pattern}"), None)

    def environment_python(self) -> str | None:
        """Give the environment's Python version, "3.12"; None where it is gone or never was."""
        configuration = self.environment / "pyvenv.cfg"
        if not self.python.exists() or not configuration.is_file():
            return None
        found = re.search(
            r"^version\w* = (\d+\.\d+)", configuration.read_text("utf-8"), re.MULTILINE
        )
        return found[1] if found else None


def own_python() -> tuple[Path, str]:
    """Give the Python that runs the set-up, outside of any environment, and its version "3.12"."""
    base = getattr(sys, "_base_executable", "") or sys.executable
    return Path(base), "{}.{}".format(*sys.version_info)
