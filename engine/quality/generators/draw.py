"""Draws that stay the same in every version of Python.

Of the `random` module only `random()` with a whole-number seed is promised to keep its sequence;
all other draws are made from it here.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    def __init__(self, purpose: str, seed: int) -> None:
        digest = hashlib.sha256(f"{purpose}:{seed}".encode()).digest()
        self._random = random.Random(int.from_bytes(digest[:8], "big"))

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def one(self, items: Sequence[T]) -> T:
        return items[self.whole(0, len(items) - 1)]

    def some(self, items: Sequence[T], n: int) -> list[T]:
        """n different items, in random order."""
        left = list(items)
        return [left.pop(self.whole(0, len(left) - 1)) for _ in range(n)]

    def chance(self, share: float) -> bool:
        return self._random.random() < share
