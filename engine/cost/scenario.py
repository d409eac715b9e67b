"""How the uncertain inputs vary: all at once at random, one at a time, or not at all.

The requests of the session are resampled by case (a bootstrap over clusters: repeats of one case are
no new cases); every other input has a standard normal deviate under its name. The same scenario is put
to every contender, so what they share (the price, the sensor, the cases) cancels in their difference.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol
from zlib import crc32

import numpy as np

from engine.cost.ranges import Draws

SEED = 20260101
DRAWS = 2000


class Scenario(Protocol):
    def deviates(self, name: str) -> Draws:
        """Standard normal deviates of one input, the same for everybody who asks."""

    def weights(self, cases: int) -> Draws:
        """How often each case counts, one row a draw."""


class Likely:
    """Everything at its likely value; `raised` names one input at a deviate of its own."""

    def __init__(self, raised: str | None = None, deviate: float = 0.0) -> None:
        self._raised = raised
        self._deviate = deviate

    def deviates(self, name: str) -> Draws:
        return np.full(1, self._deviate if name == self._raised else 0.0)

    def weights(self, cases: int) -> Draws:
        return np.ones((1, cases))


class Resampled:
    """Only the requests vary."""

    def __init__(self, draws: int = DRAWS, seed: int = SEED) -> None:
        self._draws = draws
        self._seed = seed

    def deviates(self, name: str) -> Draws:
        return np.zeros(self._draws)

    def weights(self, cases: int) -> Draws:
        return _weights(self._draws, self._seed, cases)


class Everything(Resampled):
    """All inputs vary at once, each independently of the others."""

    def deviates(self, name: str) -> Draws:
        return _deviates(self._draws, self._seed, name)


@lru_cache(maxsize=16)
def _weights(draws: int, seed: int, cases: int) -> Draws:
    random = np.random.default_rng([seed, cases])
    drawn = random.multinomial(cases, np.full(cases, 1 / cases), size=draws).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


@lru_cache(maxsize=64)
def _deviates(draws: int, seed: int, name: str) -> Draws:
    drawn = np.random.default_rng([seed, crc32(name.encode())]).standard_normal(draws)
    drawn.flags.writeable = False
    return drawn
