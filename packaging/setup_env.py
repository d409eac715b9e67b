"""Makes the environment that Steelyard runs in: `python3 packaging/setup_env.py app dev`.

The Makefile calls it before every target. This file alone is kept to what Python 3.7 can read, so
that an unsuitable Python gets a sentence and not a syntax error; the work is in `envsetup`.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 13)
INSTALL = {
    "apt-get": "sudo apt-get install -y python3.11 python3.11-venv",
    "dnf": "sudo dnf install -y python3.12",
    "zypper": "sudo zypper install -y python312",
    "brew": "brew install python@3.13",
}


def is_suitable(version: "tuple[int, int]") -> bool:
    return OLDEST <= version <= NEWEST


def find_suitable_python() -> "str | None":
    """Give a suitable Python on PATH that really starts: a version manager's shim may not."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}")
        if path and starts(path):
            return path
    return None


def starts(python: str) -> bool:
    quiet = subprocess.DEVNULL
    return subprocess.call([python, "-c", ""], stdout=quiet, stderr=quiet) == 0


def refusal(version: "tuple[int, int]") -> str:
    lines = [
        f"{sys.executable} is Python {version[0]}.{version[1]}.",
        "Steelyard runs on Python 3.11, 3.12 and 3.13.",
        "Install one of these, or name it: make PYTHON=/path/to/python3.12 …",
    ]
    lines += [f"  {command}" for manager, command in INSTALL.items() if shutil.which(manager)][:1]
    return "\n".join(lines)


def main() -> int:
    version = sys.version_info[:2]
    if not is_suitable(version):
        other = find_suitable_python()
        if other is None:
            print(refusal(version), file=sys.stderr)
            return 1
        os.execv(other, [other, *sys.argv])
    from envsetup.command import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
