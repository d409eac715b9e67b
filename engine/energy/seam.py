"""Between a run and the sensors: a window in time goes in, its energy comes out."""

from __future__ import annotations

from threading import Event
from typing import Protocol

import msgspec

from engine.contract import Energy


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """When a reply was worked on, on `time.monotonic()`, and by what.

    begin_s: handed over, not queued. first_token_s None: nothing was generated. busy_threads and
    prompt_threads: threads that decode and that evaluate the prompt. gpus: descriptions of the
    GPUs that hold layers; integrated_gpus: those that are part of the processor. remote: the model
    ran on another machine. worker_pid: whose processor time is ours besides this process's.
    """

    begin_s: float
    end_s: float
    first_token_s: float | None = None
    busy_threads: int = 1
    prompt_threads: int | None = None
    prompt_tokens: int | None = None
    generated_tokens: int | None = None
    gpus: tuple[str, ...] = ()
    integrated_gpus: tuple[str, ...] = ()
    worker_pid: int | None = None
    remote: bool = False


class EnergyMeter(Protocol):
    """Reads what the machine draws; the methods may be called from any thread and never raise.

    A reply is measured so: `mark(pid)`, hand it over, …, last token, `mark(pid)`, `energy(window)`.
    """

    def start(self) -> None:
        """Begin to sample; returns at once."""

    def mark(self, worker_pid: int | None = None) -> None:
        """Read every sensor and the processor times of this process and the worker now."""

    def resident(self, models: int) -> None:
        """Say how many models are loaded now: an idle baseline belongs to that state."""

    def rest(self, limit_s: float, cancelled: Event) -> None:
        """Block for at most ten quiet seconds to learn the idle power of the present state.

        Returns at once where no sensor needs it, where it is known, and where it was tried already.
        """

    def energy(self, window: Window) -> Energy:
        """What the window took, or why that cannot be said."""

    def close(self) -> None:
        """Stop sampling and let go of the sensors."""


class NoMeter:
    """Measures nothing and says so: for runs whose user switched measuring off."""

    def __init__(self, reason: str = "Measuring energy is switched off.") -> None:
        self._reason = reason

    def start(self) -> None:
        pass

    def mark(self, worker_pid: int | None = None) -> None:
        pass

    def resident(self, models: int) -> None:
        pass

    def rest(self, limit_s: float, cancelled: Event) -> None:
        pass

    def energy(self, window: Window) -> Energy:
        return Energy(
            seconds=window.end_s - window.begin_s,
            absent={"joules": self._reason, "joules_per_token": self._reason},
        )

    def close(self) -> None:
        pass
