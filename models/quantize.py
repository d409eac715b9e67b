"""Making quantizations of a model file, several in one go."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine import quantize as engine_quantize
from engine.client import Stopped
from engine.contract import ModelFile
from engine.errors import QuantizeError
from models.describe import describe, refuse_other_kinds
from models.fingerprint import Fingerprints
from models.gguf import GgufModel, read_model
from models.origins import MadeHere, Origins
from models.quantization import Quantization, foretold_bytes, is_quantized, quantization_named

Progress = Callable[[str, float], None]


class Quantizer:
    """Makes quantizations and remembers how each was made."""

    def __init__(self, fingerprints: Fingerprints, origins: Origins) -> None:
        self._fingerprints = fingerprints
        self._origins = origins

    def make(
        self,
        source: Path,
        folder: Path,
        names: Iterable[str],
        *,
        on_progress: Progress = lambda name, fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> tuple[ModelFile, ...]:
        """Make each named quantization of `source` in `folder`; what is there already is replaced.

        Raises Stopped, ModelFileError, or QuantizeError; then those made before it stay, nothing half.
        """
        wanted = [quantization_named(name) for name in names]
        model = read_model(source)
        refuse_other_kinds(model)
        _refuse_what_needs_an_imatrix(wanted)
        _refuse_without_room(model, wanted, folder)
        if cancelled():
            raise Stopped
        source_sha256 = self._fingerprints.of(source, cancelled=cancelled)
        made = []
        for quantization in wanted:
            target = target_path(source, folder, quantization)
            if target.exists() and target.samefile(source):
                raise QuantizeError(f"{source} would replace itself. Choose another folder.")
            engine_quantize.quantize(
                source,
                target,
                quantization.file_type,
                on_progress=partial(on_progress, quantization.name),
                cancelled=cancelled,
            )
            self._remember(target, source, source_sha256, quantization, is_quantized(model))
            made.append(describe(target))
        return tuple(made)

    def _remember(
        self,
        target: Path,
        source: Path,
        source_sha256: str,
        quantization: Quantization,
        requantized: bool,
    ) -> None:
        origin = MadeHere(
            source=source.name,
            source_sha256=source_sha256,
            quantization=quantization.name,
            llama_cpp=_llama_cpp_version(),
            requantized=requantized,
        )
        self._origins.remember(self._fingerprints.of(target), origin)


def target_path(source: Path, folder: Path, quantization: Quantization) -> Path:
    """The source's name with this quantization in the place of its own."""
    stem = source.name.removesuffix(".gguf")
    head, separator, tail = stem.rpartition(".")
    if not separator or not _is_quantization(tail):
        head, separator, tail = stem.rpartition("-")
    base = head if separator and _is_quantization(tail) else stem
    return folder / f"{base}.{quantization.name}.gguf"


def _is_quantization(text: str) -> bool:
    try:
        quantization_named(text)
    except QuantizeError:
        return False
    return True


def _refuse_what_needs_an_imatrix(wanted: Iterable[Quantization]) -> None:
    for quantization in wanted:
        if quantization.needs_imatrix:
            raise QuantizeError(
                f"{quantization.name} needs an importance matrix, and none can be given here. "
                "Choose IQ4_XS, Q2_K or a larger type."
            )


def _refuse_without_room(model: GgufModel, wanted: Iterable[Quantization], folder: Path) -> None:
    needed = sum(foretold_bytes(model, quantization) for quantization in wanted)
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise QuantizeError(
            f"The quantizations of {model.paths[0].name} need {needed / 1e9:.1f} GB, and "
            f"{free / 1e9:.1f} GB are free in {folder}. Make room, or choose another folder."
        )


def _llama_cpp_version() -> str:
    try:
        return f"llama-cpp-python {version('llama-cpp-python')}"
    except PackageNotFoundError:
        return "llama-cpp-python of this build"
