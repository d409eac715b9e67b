"""A shelf over a folder of the test's: real headers and library, a quantizer that plays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.client import Stopped
from engine.contract import DeviceInfo, ModelFile
from engine.errors import QuantizeError
from gui.models.hub_desk import HubPlaces
from gui.models.making_workshop import Workshop
from gui.models.shelf import Shelf
from models.origins import Origins
from tests.models.ggufs import f32, gguf, string, strings, u32

if TYPE_CHECKING:  # they bring numpy, which a start must not wait for
    from engine.importance import ImportanceMatrix
    from models.fingerprint import Fingerprints
    from models.fit import Bandwidth
    from models.hub.settings import HubSettings
    from models.imatrix_making import ImatrixOrder
    from models.library import Library, Root


def model_bytes(
    *, name: str = "A model", template: bool = True, layers: int = 2, width: int = 32
) -> bytes:
    """A llama of two layers, as far as its header goes; file type F16."""
    entries = [
        string("general.architecture", "llama"),
        string("general.name", name),
        u32("general.file_type", 1),
        u32("llama.block_count", layers),
        u32("llama.context_length", 8192),
        u32("llama.embedding_length", width),
        u32("llama.feed_forward_length", 4 * width),
        u32("llama.attention.head_count", 4),
    ]
    if template:
        entries.append(string("tokenizer.chat_template", "{{ messages }}"))
    tensors = [f32("token_embd.weight", width, 64), f32("output_norm.weight", width)]
    for layer in range(layers):
        parts = ("attn_q", "attn_k", "attn_v", "attn_output")
        tensors.extend(f32(f"blk.{layer}.{part}.weight", width, width) for part in parts)
        tensors.append(f32(f"blk.{layer}.ffn_up.weight", width, 4 * width))
        tensors.append(f32(f"blk.{layer}.ffn_down.weight", 4 * width, width))
    return gguf(entries, tensors)


def imatrix_bytes(*, width: int = 32, text: str = "words.txt") -> bytes:
    """An importance matrix that fits a model of this width, as far as its header goes."""
    entries = [
        string("general.type", "imatrix"),
        strings("imatrix.datasets", [text]),
        u32("imatrix.chunk_count", 7),
        u32("imatrix.chunk_size", 512),
    ]
    weight = "blk.0.attn_q.weight"
    return gguf(entries, [f32(f"{weight}.in_sum2", width), f32(f"{weight}.counts", 1)])


class FakeQuantizer:
    """Writes a small file for each type; held open, it waits for `released` or to be cancelled.

    collect: the same for importance matrices. used: the names of those that were given to quantize with.
    """

    def __init__(self) -> None:
        self.released = threading.Event()
        self.released.set()
        self.fault: str | None = None
        self.used: list[str | None] = []

    def collect(
        self,
        order: ImatrixOrder,
        target: Path,
        *,
        on_progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> ImportanceMatrix:
        from models.imatrix import read_imatrix

        on_progress(0.5)
        self._wait(cancelled)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(imatrix_bytes(text=order.dataset))
        return read_imatrix(target)

    def make(
        self,
        source: Path,
        folder: Path,
        names: Iterable[str],
        *,
        importance: ImportanceMatrix | None,
        on_progress: Callable[[str, float], None],
        cancelled: Callable[[], bool],
    ) -> tuple[ModelFile, ...]:
        from models.describe import describe
        from models.quantization import quantization_named
        from models.quantize import target_path

        self.used.append(None if importance is None else importance.recorded_as)
        made = []
        for name in names:
            on_progress(name, 0.5)
            self._wait(cancelled)
            quantization, given = quantization_named(name), importance is not None
            target = target_path(source, folder, quantization, with_imatrix=given)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(model_bytes(name=name))
            made.append(describe(target))
        return tuple(made)

    def _wait(self, cancelled: Callable[[], bool]) -> None:
        while not self.released.wait(0.005):
            if cancelled():
                raise Stopped
        if self.fault:
            raise QuantizeError(self.fault)


def shelf_in(
    folder: Path,
    quantizer: FakeQuantizer | None = None,
    devices: tuple[DeviceInfo, ...] = (),
    others: tuple[Root, ...] = (),
) -> Shelf:
    own = folder / "own"

    def library() -> Library:
        from models.fingerprint import Fingerprints
        from models.library import Library

        fingerprints, origins = Fingerprints(own / "fingerprints"), Origins(own / "origins")
        return Library(own, others, folder / "state", fingerprints, origins)

    def bandwidth() -> Bandwidth:
        from models.fit import Bandwidth

        return Bandwidth(host=20e9)

    makes = quantizer or FakeQuantizer()
    workshop = Workshop(own, lambda: makes, lambda: makes.collect)
    return Shelf(own, library, workshop, lambda: devices, bandwidth)


def hub_at(endpoint: str, folder: Path, token: str | None = None) -> HubPlaces:
    """A hub at this address; `token` is what the keyring would hold."""
    own = folder / "own"

    def fingerprints() -> Fingerprints:
        from models.fingerprint import Fingerprints

        return Fingerprints(own / "fingerprints")

    def settings(offline: bool) -> HubSettings:
        from models.hub.settings import HubSettings

        return HubSettings(endpoint=endpoint, offline=offline)

    return HubPlaces(
        own_folder=own,
        fingerprints=fingerprints,
        origins=lambda: Origins(own / "origins"),
        settings=settings,
        tokens=lambda _: OneToken(token),
    )


class OneToken:
    """Keeps a token in memory, as the keyring would."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def get(self) -> str | None:
        return self._token

    def keep(self, token: str) -> None:
        self._token = token
