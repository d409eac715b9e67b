"""The memory that all pools of one process share: what one keeps warm makes room for what another needs."""

from __future__ import annotations

import threading
from typing import Protocol
from weakref import WeakSet


class Keeper(Protocol):
    """A pool that keeps models loaded; any thread may call it."""

    @property
    def mapped_bytes(self) -> int:
        """Pages that its models map from their files, which the system calls available."""

    def unload_idle(self, *, on_device: bool = False) -> str | None:
        """End the worker of the model that was used least recently and is not in use; gives its contender.

        on_device: only of one that holds memory of a GPU.
        """


class SharedMemory:
    """A keeper that nobody holds any more is forgotten."""

    def __init__(self) -> None:
        self._keepers: WeakSet[Keeper] = WeakSet()
        self._lock = threading.Lock()

    def join(self, keeper: Keeper) -> None:
        with self._lock:
            self._keepers.add(keeper)

    @property
    def mapped_bytes(self) -> int:
        return sum(keeper.mapped_bytes for keeper in self._all())

    def unload_idle(self, *, on_device: bool = False) -> bool:
        """Whether some keeper had a model to unload."""
        return any(keeper.unload_idle(on_device=on_device) is not None for keeper in self._all())

    def _all(self) -> list[Keeper]:
        with self._lock:
            return list(self._keepers)
