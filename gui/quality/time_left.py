"""How long a measurement still takes, guessed from its pace so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_TOO_EARLY_S: Final = 2.0
_TOO_LITTLE: Final = 0.03


class TimeLeft:
    """Counts from the first step of the work itself: loading models goes at another pace."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun_at: float | None = None
        self._begun_with = 0.0

    def start(self) -> None:
        self._begun_at = None

    def words(self, fraction: float) -> str:
        """As in "about 3 min left"; empty as long as it cannot be told."""
        now = self._clock()
        if self._begun_at is None:
            self._begun_at, self._begun_with = now, fraction
            return ""
        took, done = now - self._begun_at, fraction - self._begun_with
        if took < _TOO_EARLY_S or done < _TOO_LITTLE:
            return ""
        left = took / done * (1.0 - fraction)
        if left < 60:
            return f"about {max(1, round(left))} s left"
        return f"about {round(left / 60)} min left"
