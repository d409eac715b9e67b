"""Room for several models in one worker, checked before any of them is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from engine.contract import Contender
from engine.errors import NotEnoughMemory
from engine.machine import available_memory
from engine.pool import MARGIN_BYTES, Fit


def check_room(fit: Fit, contenders: Sequence[Contender], n_ctx: int | None = None) -> None:
    """Raises NotEnoughMemory with need and have, unless a contender is to load all the same.

    n_ctx: the context that each of them gets; None: its own.
    """
    if not all(contender.runtime.check_memory for contender in contenders):
        return
    need = sum(_need(fit, contender, n_ctx) for contender in contenders)
    have = available_memory() - MARGIN_BYTES
    if need > have:
        raise NotEnoughMemory(
            f"The {len(contenders)} models would need {need / (1 << 30):.1f} GiB of memory side by side, "
            f"and this machine has {max(0, have) / (1 << 30):.1f} GiB to give. Compare fewer or smaller "
            "ones at once."
        )


def _need(fit: Fit, contender: Contender, n_ctx: int | None) -> int:
    runtime = contender.runtime
    if n_ctx is not None:
        runtime = replace(runtime, n_ctx=n_ctx)
    return fit.memory_need(contender.model, runtime)["host"]
