"""Runs a long command: its output into a log, its progress to a meter, its end as a sentence."""

import os
import selectors
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from envsetup.console import Meter
from envsetup.failure import SetupFailure

TAIL_LINES = 25
TICK_S = 1.0


def run_logged(
    command: Sequence[str],
    log: Path,
    meter: Meter,
    fraction_of: Callable[[str], float | None],
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command to its end; `fraction_of` reads how much is done from a line of its output.

    Raises:
        SetupFailure: it ended with anything but 0; carries the last lines of the log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
        )
        try:
            for line in _lines(child, meter.tick):
                file.write(line + "\n")
                tail.append(line)
                fraction = fraction_of(line)
                if fraction is not None:
                    meter.reached(fraction)
        except BaseException:
            child.terminate()
            child.wait()
            raise
    if child.wait() != 0:
        raise SetupFailure(
            "\n".join([*tail, "", f"This failed: {' '.join(command)}", f"Log: {log}"])
        )


def _lines(child: "subprocess.Popen[bytes]", tick: Callable[[], None]) -> Iterator[str]:
    """Give the child's output line by line, calling `tick` at least every second meanwhile."""
    assert child.stdout is not None
    pending = b""
    with child.stdout, selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            tick()
            if not selector.select(TICK_S):
                continue
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                break
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace").rstrip("\r")
    if pending:
        yield pending.decode(errors="replace")
