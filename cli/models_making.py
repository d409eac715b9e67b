"""What makes files for minutes: its progress in the terminal, and Ctrl+C that leaves nothing half-made."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from cli.interrupt import StopOnInterrupt
from cli.terminal import message_console, words

Made = TypeVar("Made")
Tell = Callable[[str], None]
Cancelled = Callable[[], bool]


def make_stoppably(beginning: str, work: Callable[[Tell, Cancelled], Made]) -> Made:
    """What `work` gives; it tells how far it is and asks whether it was called off.

    Without a terminal only the beginning is said. Raises what `work` raises, Stopped after Ctrl+C.
    """
    stopping, console = threading.Event(), message_console()
    with StopOnInterrupt(stopping.set):
        if not console.is_terminal:
            print(beginning, file=sys.stderr, flush=True)
            return work(lambda sentence: None, stopping.is_set)
        with console.status(words(beginning)) as status:
            return work(lambda sentence: status.update(words(sentence)), stopping.is_set)
