"""Making an importance matrix of a model and the user's own text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from engine.contract import DeviceInfo, Runtime
from engine.errors import NotEnoughMemory, QuantizeError
from engine.imatrix import CollectionOrder, collect_importance
from engine.importance import ImportanceMatrix
from engine.machine import available_memory
from engine.wording import size
from models.describe import refuse_other_kinds
from models.fit.memory import MARGIN_BYTES, layers_that_fit, need_of, profile_of
from models.gguf import GgufModel, read_model
from models.gguf.source import unreadable
from models.imatrix import read_imatrix

MAX_TEXT_BYTES: Final = (
    50_000_000  # hours of reading for a small model; a worker's message holds 64 MiB
)
_TOKENS_AT_ONCE: Final = 2048


class ImatrixOrder(msgspec.Struct, frozen=True, kw_only=True):
    """dataset: what the file calls the text. max_chunks None: all of it; threads None: all cores."""

    model: Path
    text: Path
    dataset: str
    max_chunks: int | None = None
    threads: int | None = None


def imatrix_path(model: Path, text: Path, folder: Path) -> Path:
    """A name that says of what; "imatrix" in it keeps it apart from models."""
    return folder / f"{model.name.removesuffix('.gguf')}.{text.stem}.imatrix.gguf"


def make_imatrix(
    order: ImatrixOrder,
    target: Path,
    *,
    recorded_as: str | None = None,
    on_progress: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ImportanceMatrix:
    """Make it at `target`, which appears when it is whole; recorded_as is as in read_imatrix.

    Raises Stopped, ModelFileError, QuantizeError, what a load raises.
    """
    model = read_model(order.model)
    refuse_other_kinds(model)
    text = _read_text(order.text)
    for other in (*model.paths, order.text):
        if target.exists() and target.samefile(other):
            raise QuantizeError(f"The importance matrix would replace {other}. Name another file.")
    collect_importance(
        CollectionOrder(
            model=order.model,
            text=text,
            dataset=order.dataset,
            max_chunks=order.max_chunks,
            threads=order.threads,
        ),
        target,
        settle_layers=partial(_settle_layers, model),
        on_progress=on_progress,
        cancelled=cancelled,
    )
    return read_imatrix(target, recorded_as)


def _read_text(path: Path) -> str:
    """The text byte for byte as llama-imatrix takes it: no byte order mark or line end is changed."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_TEXT_BYTES + 1)
        if len(raw) > MAX_TEXT_BYTES:
            raise QuantizeError(
                f"{path} is longer than {MAX_TEXT_BYTES // 1_000_000} MB. Take a part of it: a few "
                "hundred kilobytes are plenty."
            )
        return raw.decode("utf-8")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise QuantizeError(f"{path} is not a text in UTF-8. Save it as one first.") from error


def _settle_layers(model: GgufModel, devices: tuple[DeviceInfo, ...]) -> int:
    """As many layers as the devices take; raises NotEnoughMemory where the rest does not fit here."""
    profile = profile_of(model)
    free = [each.free_bytes or 0 for each in devices if each.kind in {"gpu", "igpu"}]
    runtime = Runtime(n_ctx=_TOKENS_AT_ONCE, n_gpu_layers=0)
    layers = layers_that_fit(profile, runtime, free) if free else 0
    runtime = replace(runtime, n_gpu_layers=layers)
    need = need_of(profile, runtime, outputs=_TOKENS_AT_ONCE).host.total_bytes
    have = max(0, available_memory() - MARGIN_BYTES)
    if need > have:
        raise NotEnoughMemory(
            f"Reading a text with {model.paths[0].name} would need {size(need)} of memory, "
            f"and this machine has {size(have)} to give. Close other programs, or take a "
            "smaller quantization of the model to read with."
        )
    return layers
