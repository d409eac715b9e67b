"""NVIDIA GPUs through NVML: the energy counter where the card has one, else its power.

A consumer card may refuse any call; a refusal leaves the figure out, it never becomes 0. Field 186
is the power at this moment and 185 its average over a second (NVML's header); `GetPowerUsage` is
one or the other by the card's generation, so it comes last.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec

from engine.energy.zones import Found, SourceStatus, Zone, range_text, unusable

SOURCE = "NVML"
COUNTER_STEP_S = 0.1
SAMPLED_STEP_S = 0.2
AVERAGE_STEP_S = 1.0
POWER_INSTANT, POWER_AVERAGE = 186, 185
SCOPE_GPU, SCOPE_MODULE = 0, 1
AMPERE = 7
SLOWDOWN_BITS: Final = 0x08 | 0x20 | 0x40 | 0x80
"""Hardware slowdown, software and hardware thermal slowdown, power brake (nvml.h)."""

Watts = Callable[[], float | None]


class _Gpu(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    name: str
    handle: Any
    joules: Callable[[], float | None] | None
    watts: Watts | None
    watts_step_s: float

    @property
    def words(self) -> str:
        return f"GPU {self.index} ({self.name})"


class NvmlReader:
    """Reads all NVIDIA GPUs of this machine; owns the library's initialisation."""

    def __init__(self, library: Any, gpus: tuple[_Gpu, ...]) -> None:
        self._library = library
        self._gpus = gpus
        self.zones = tuple(zone for gpu in gpus for zone in _zones(gpu))

    def read(self) -> dict[str, float]:
        values = {}
        for gpu in self._gpus:
            for key, call in ((_counter_key(gpu), gpu.joules), (_power_key(gpu), gpu.watts)):
                figure = call() if call else None
                if figure is not None:
                    values[key] = figure
        return values

    def close(self) -> None:
        with suppress(self._library.NVMLError):
            self._library.nvmlShutdown()

    def guests(self, own_pids: frozenset[int]) -> tuple[str, ...]:
        """GPUs on which programs other than ours compute now."""
        found = []
        for gpu in self._gpus:
            with suppress(self._library.NVMLError):
                running = self._library.nvmlDeviceGetComputeRunningProcesses(gpu.handle)
                if any(each.pid not in own_pids for each in running):
                    found.append(gpu.words)
        return tuple(found)

    def throttled(self) -> bool | None:
        """Whether a GPU holds itself back for heat or power now; None where none says."""
        answers = []
        for gpu in self._gpus:
            with suppress(self._library.NVMLError, AttributeError):
                bits = self._library.nvmlDeviceGetCurrentClocksEventReasons(gpu.handle)
                answers.append(bool(bits & SLOWDOWN_BITS))
        return any(answers) if answers else None


def find_nvml(library: Any = None) -> Found:
    """Start NVML and probe each call on each GPU; `library` replaces pynvml in tests."""
    if library is None:
        import pynvml

        library = pynvml
    try:
        library.nvmlInit()
        count = library.nvmlDeviceGetCount()
    except library.NVMLError as error:
        return unusable(SOURCE, f"No NVIDIA driver answers: {_words(error)}.")
    gpus = tuple(gpu for index in range(count) if (gpu := _probe(library, index)) is not None)
    silent = [gpu.words for gpu in gpus if gpu.joules is None and gpu.watts is None]
    reader = NvmlReader(library, gpus)
    if not reader.zones:
        reader.close()
        if not gpus:
            return unusable(SOURCE, "The NVIDIA driver lists no GPU.")
        return unusable(SOURCE, f"{', '.join(silent)} refuses to tell its power and its energy.")
    counted = tuple(zone for zone in reader.zones if zone.counted)
    status = SourceStatus(
        source=SOURCE,
        usable=True,
        covers=tuple(zone.name for zone in counted),
        reason=f"{', '.join(silent)} tells neither power nor energy." if silent else None,
        step_s=max(zone.step_s for zone in counted),
        range=" or ".join(sorted({range_text(zone.label) for zone in counted})),
    )
    return Found(reader, status)


def _probe(library: Any, index: int) -> _Gpu | None:
    try:
        handle = library.nvmlDeviceGetHandleByIndex(index)
        name = library.nvmlDeviceGetName(handle)
    except library.NVMLError:
        return None

    def joules() -> float | None:
        with suppress(library.NVMLError):
            return float(library.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3
        return None

    watts, step_s = _power_call(library, handle)
    return _Gpu(
        index=index,
        name=name if isinstance(name, str) else name.decode(),
        handle=handle,
        joules=joules if joules() is not None else None,
        watts=watts,
        watts_step_s=step_s,
    )


def _power_call(library: Any, handle: Any) -> tuple[Watts | None, float]:
    """The best way this GPU tells its power, and how long that figure stands still."""
    for field, step_s in ((POWER_INSTANT, SAMPLED_STEP_S), (POWER_AVERAGE, AVERAGE_STEP_S)):
        for scope in (SCOPE_GPU, SCOPE_MODULE):
            call = _field_call(library, handle, field, scope)
            if call() is not None:
                return call, step_s

    def usage() -> float | None:
        with suppress(library.NVMLError):
            return float(library.nvmlDeviceGetPowerUsage(handle)) / 1e3 or None
        return None

    if usage() is None:
        return None, SAMPLED_STEP_S
    try:
        averaged = library.nvmlDeviceGetArchitecture(handle) >= AMPERE
    except library.NVMLError:
        averaged = True
    return usage, AVERAGE_STEP_S if averaged else SAMPLED_STEP_S


def _field_call(library: Any, handle: Any, field: int, scope: int) -> Watts:
    def call() -> float | None:
        with suppress(library.NVMLError):
            answer = library.nvmlDeviceGetFieldValues(handle, [(field, scope)])[0]
            if answer.nvmlReturn == library.NVML_SUCCESS:
                return float(answer.value.uiVal) / 1e3 or None
        return None

    return call


def _zones(gpu: _Gpu) -> list[Zone]:
    zones = []
    if gpu.joules is not None:
        zones.append(
            Zone(
                key=_counter_key(gpu),
                name=gpu.words,
                source=SOURCE,
                covers="gpu",
                kind="counter",
                label="measured",
                step_s=COUNTER_STEP_S,
            )
        )
    if gpu.watts is not None:
        zones.append(
            Zone(
                key=_power_key(gpu),
                name=gpu.words if gpu.joules is None else f"{gpu.words}, by its power",
                source=SOURCE,
                covers="gpu",
                kind="power",
                label="sampled",
                step_s=gpu.watts_step_s,
                counted=gpu.joules is None,
                checks=_counter_key(gpu) if gpu.joules is not None else None,
            )
        )
    return zones


def _counter_key(gpu: _Gpu) -> str:
    return f"nvml:{gpu.index}:energy"


def _power_key(gpu: _Gpu) -> str:
    return f"nvml:{gpu.index}:power"


def _words(error: Any) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
