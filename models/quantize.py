"""Making quantizations of a model file, several in one go."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from engine import quantize as engine_quantize
from engine.client import Stopped
from engine.contract import ModelFile
from engine.errors import QuantizeError
from engine.importance import ImportanceMatrix
from engine.machine import installed_llama_cpp
from models.describe import describe, refuse_other_kinds
from models.fingerprint import Fingerprints
from models.gguf import GgufModel, read_model
from models.imatrix import refuse_misfit
from models.origins import MadeHere, MatrixUsed, Origins
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
        importance: ImportanceMatrix | None = None,
        on_progress: Progress = lambda name, fraction: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> tuple[ModelFile, ...]:
        """Make each named quantization of `source` in `folder`; what is there already is replaced.

        importance is used for all of them, as models.imatrix.read_imatrix gives it.
        Raises Stopped, ModelFileError, or QuantizeError; then those made before it stay, nothing half.
        """
        wanted = [quantization_named(name) for name in names]
        model = read_model(source)
        refuse_other_kinds(model)
        if importance is None:
            _refuse_what_needs_an_imatrix(wanted)
        else:
            refuse_misfit(importance, model)
        _refuse_without_room(model, wanted, folder, with_imatrix=importance is not None)
        if cancelled():
            raise Stopped
        origin = self._origin(model, source, importance, cancelled)
        made = []
        for quantization in wanted:
            target = target_path(source, folder, quantization, with_imatrix=importance is not None)
            report = partial(on_progress, quantization.name)
            _make_one(source, target, quantization, importance, report, cancelled)
            made_here = replace(origin, quantization=quantization.name)
            self._origins.remember(self._fingerprints.of(target), made_here)
            made.append(describe(target))
        return tuple(made)

    def _origin(
        self,
        model: GgufModel,
        source: Path,
        importance: ImportanceMatrix | None,
        cancelled: Callable[[], bool],
    ) -> MadeHere:
        """What all that is made of `source` has in common."""
        return MadeHere(
            source=source.name,
            source_sha256=self._fingerprints.of(source, cancelled=cancelled),
            quantization="",
            llama_cpp=installed_llama_cpp() or "llama-cpp-python of this build",
            requantized=is_quantized(model),
            imatrix=None if importance is None else self._used(importance, cancelled),
        )

    def _used(self, importance: ImportanceMatrix, cancelled: Callable[[], bool]) -> MatrixUsed:
        path = Path(importance.path)
        sha256 = self._fingerprints.of(path, cancelled=cancelled)
        return MatrixUsed(file=path.name, sha256=sha256, text=importance.dataset)


def target_path(
    source: Path, folder: Path, quantization: Quantization, *, with_imatrix: bool = False
) -> Path:
    """The source's name with this quantization in the place of its own.

    Made with an importance matrix it is marked with i1, as those on the hub are: both can lie side by
    side and be compared.
    """
    stem = source.name.removesuffix(".gguf")
    head, separator, tail = stem.rpartition(".")
    if not separator or not _is_quantization(tail):
        head, separator, tail = stem.rpartition("-")
    base = head if separator and _is_quantization(tail) else stem
    mark = "i1-" if with_imatrix else ""
    return folder / f"{base.removesuffix('.i1')}.{mark}{quantization.name}.gguf"


def _make_one(
    source: Path,
    target: Path,
    quantization: Quantization,
    importance: ImportanceMatrix | None,
    on_progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    if target.exists() and target.samefile(source):
        raise QuantizeError(f"{source} would replace itself. Choose another folder.")
    engine_quantize.quantize(
        source,
        target,
        quantization.file_type,
        importance=importance,
        on_progress=on_progress,
        cancelled=cancelled,
    )


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
                f"{quantization.name} needs an importance matrix: without one the result would be "
                "garbage. Give one, or choose IQ4_XS, Q2_K or a larger type."
            )


def _refuse_without_room(
    model: GgufModel, wanted: Iterable[Quantization], folder: Path, *, with_imatrix: bool
) -> None:
    needed = sum(foretold_bytes(model, each, with_imatrix=with_imatrix) for each in wanted)
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise QuantizeError(
            f"The quantizations of {model.paths[0].name} need {needed / 1e9:.1f} GB, and "
            f"{free / 1e9:.1f} GB are free in {folder}. Make room, or choose another folder."
        )
