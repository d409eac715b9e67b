"""Room for several models in one worker, checked before any of them is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from engine.contract import Contender
from engine.errors import NotEnoughMemory
from engine.machine import available_memory
from engine.pool import MARGIN_BYTES, Fit
from engine.shared_memory import SharedMemory
from engine.wording import size


def check_room(
    fit: Fit, contenders: Sequence[Contender], memory: SharedMemory, n_ctx: int | None = None
) -> None:
    """Raises NotEnoughMemory with need and have, unless a contender is to load all the same.

    What others of this process keep warm is unloaded first. n_ctx: the context that each of the
    contenders gets; None: its own.
    """
    if not all(contender.runtime.check_memory for contender in contenders):
        return
    need = sum(_need(fit, contender, n_ctx) for contender in contenders)
    while need > (have := available_memory() - memory.mapped_bytes - MARGIN_BYTES):
        if memory.unload_idle():
            continue
        raise NotEnoughMemory(
            f"The {len(contenders)} models would need {size(need)} of memory side by side, "
            f"and this machine has {size(max(0, have))} to give. Compare fewer or smaller "
            "ones at once."
        )


def _need(fit: Fit, contender: Contender, n_ctx: int | None) -> int:
    runtime = contender.runtime
    if n_ctx is not None:
        runtime = replace(runtime, n_ctx=n_ctx)
    return fit.memory_need(contender.model, runtime)["host"]
