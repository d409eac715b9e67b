"""What the set-up says: sentences, and one line of progress for what takes long."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

TERMINAL_INTERVAL_S = 0.5
LOG_INTERVAL_S = 20.0
# Before this share is done, the time it took says less than the estimate made beforehand.
TRUSTED_FRACTION = 0.05


def say(text: str) -> None:
    print(text, flush=True)


def in_words(seconds: float) -> str:
    """Give a duration as people say it: "under a minute", "about 3 minutes"."""
    minutes = round(seconds / 60)
    if seconds < 45:
        return "under a minute"
    if minutes < 2:
        return "about a minute"
    return f"about {minutes} minutes"


class Meter:
    """One line of progress: rewritten in place on a terminal, printed every 20 s into a log."""

    def __init__(
        self,
        title: str,
        expected_s: float,
        out: TextIO = sys.stdout,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title = title
        self._expected_s = expected_s
        self._out = out
        self._clock = clock
        self._began = self._shown = clock()
        self._fraction = 0.0

    def reached(self, fraction: float) -> None:
        """Note how much is done, from 0 to 1; it never goes back."""
        self._fraction = max(self._fraction, min(fraction, 1.0))

    def tick(self) -> None:
        """Show the line where it is due; to be called every second or so."""
        terminal = self._out.isatty()
        now = self._clock()
        if now - self._shown < (TERMINAL_INTERVAL_S if terminal else LOG_INTERVAL_S):
            return
        self._shown = now
        self._out.write(f"\r{self.line()}\x1b[K" if terminal else f"{self.line()}\n")
        self._out.flush()

    def done(self) -> None:
        """Close the line with the time that it all took."""
        took_s = round(self._clock() - self._began)
        start = "\r" if self._out.isatty() else ""
        end = "\x1b[K\n" if start else "\n"
        self._out.write(f"{start}  {self._title}: done in {took_s} s{end}")
        self._out.flush()

    def line(self) -> str:
        return f"  {self._title}: {self._fraction:.0%}, {in_words(self._remaining_s())} left"

    def _remaining_s(self) -> float:
        elapsed = self._clock() - self._began
        if self._fraction < TRUSTED_FRACTION:
            return max(self._expected_s - elapsed, 0.0)
        return elapsed * (1 - self._fraction) / self._fraction
