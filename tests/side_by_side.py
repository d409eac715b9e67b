"""All tests in two processes side by side, for most tests keep one core busy at a time.

What the first part prints is seen as it runs, what the second one prints when both are done. Neither
writes pytest's cache: each would forget what failed in the other.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
FIRST = ("tests/energy", "tests/engine")
"""About half of the time: they run models, or wait for readings."""

PARTS = (FIRST, tuple(f"--ignore={folder}" for folder in FIRST))
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")


def run(parts: Sequence[Sequence[str]] = PARTS, command: Sequence[str] = PYTEST) -> int:
    """Run the command with each of the two parts' arguments; gives 0 if both passed."""
    first, second = parts
    color = ("--color=yes",) if sys.stdout.isatty() else ()
    with tempfile.TemporaryFile() as kept:
        beside = subprocess.Popen((*command, *second, *color), cwd=ROOT, stdout=kept, stderr=kept)
        shown = subprocess.Popen((*command, *first, *color), cwd=ROOT)
        codes = _wait_for(shown, beside)
        kept.seek(0)
        _say(f"What ran beside it, with {' '.join(second)}:")
        shutil.copyfileobj(kept, sys.stdout.buffer)
    _say("All passed." if not any(codes) else "Something failed: see the summaries above.")
    return int(any(codes))


def _wait_for(*processes: subprocess.Popen[bytes]) -> list[int]:
    """Ctrl+C reaches both by itself, and they end with their summaries; we wait for those."""

    def end_both(number: int, frame: FrameType | None) -> None:
        for process in processes:
            process.terminate()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end_both)
    return [process.wait() for process in processes]


def _say(sentence: str) -> None:
    print(f"\n{sentence}", flush=True)


if __name__ == "__main__":
    raise SystemExit(run())
