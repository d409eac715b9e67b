"""Where models are made smaller: what can be made of one, with which importance matrix, and the making."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from engine.contract import ModelFile

if TYPE_CHECKING:  # they bring numpy, which a start must not wait for
    from engine.importance import ImportanceMatrix
    from models.gguf import GgufModel
    from models.imatrix_making import ImatrixOrder

Report = Callable[[str, float], None]


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A quantization as it would be made; `there`: its file exists already and would be replaced."""

    name: str
    size_bytes: int
    there: bool
    needs_imatrix: bool = False


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """What can be made of a source, largest first. lossy: it is itself quantized.

    with_imatrix: the same with an importance matrix, which changes sizes and file names.
    """

    source: Path
    folder: Path
    lossy: bool
    rungs: tuple[Rung, ...]
    with_imatrix: tuple[Rung, ...]


class MatrixFile(msgspec.Struct, frozen=True, kw_only=True):
    """An importance matrix that exists; text: what it was made of, chunks: of how much, 0: not known."""

    path: Path
    text: str | None
    chunks: int


class TextToRead(msgspec.Struct, frozen=True, kw_only=True):
    """A text that an importance matrix is made of first; max_chunks None: all of it."""

    path: Path
    max_chunks: int | None


MatrixChoice = MatrixFile | TextToRead | None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which quantizations shall be made, and with what."""

    names: tuple[str, ...]
    matrix: MatrixChoice = None


class Maker(Protocol):
    """What makes quantizations, as models.quantize does."""

    def make(
        self,
        source: Path,
        folder: Path,
        names: Iterable[str],
        *,
        importance: ImportanceMatrix | None,
        on_progress: Report,
        cancelled: Callable[[], bool],
    ) -> tuple[ModelFile, ...]: ...


class Collect(Protocol):
    """What makes importance matrices, as models.imatrix_making.make_imatrix does."""

    def __call__(
        self,
        order: ImatrixOrder,
        target: Path,
        *,
        on_progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> ImportanceMatrix: ...


class Workshop:
    """Its methods block and raise SteelyardError; what is needed for making is fetched when it is."""

    def __init__(
        self, folder: Path, make_maker: Callable[[], Maker], collect: Callable[[], Collect]
    ) -> None:
        self._folder = folder
        self._make_maker = make_maker
        self._collect = collect

    def ladder(self, source: Path) -> Ladder:
        from models.gguf import read_model
        from models.quantization import is_quantized

        model = read_model(source)
        return Ladder(
            source=source,
            folder=self._folder,
            lossy=is_quantized(model),
            rungs=self._rungs(source, model, with_imatrix=False),
            with_imatrix=self._rungs(source, model, with_imatrix=True),
        )

    def look_at_matrix(self, source: Path, path: Path) -> MatrixFile:
        """What it was made of; raises SteelyardError where it is none, or another model's."""
        from models.gguf import read_model
        from models.imatrix import read_imatrix, refuse_misfit

        matrix = read_imatrix(path)
        refuse_misfit(matrix, read_model(source))
        return MatrixFile(path=path, text=matrix.dataset or None, chunks=matrix.chunks)

    def make(
        self, source: Path, wish: Wish, report: Report, cancelled: Callable[[], bool]
    ) -> tuple[ModelFile, ...]:
        """Make them one after the other in our folder; raises Stopped once `cancelled` says yes."""
        steps = _Steps(source, wish, report)
        matrix = self._matrix(source, wish.matrix, steps, cancelled)
        return self._make_maker().make(
            source,
            self._folder,
            steps.names,
            importance=matrix,
            on_progress=steps.tell_making,
            cancelled=cancelled,
        )

    def _matrix(
        self,
        source: Path,
        choice: MatrixChoice,
        steps: _Steps,
        cancelled: Callable[[], bool],
    ) -> ImportanceMatrix | None:
        """Files that are passed on keep the names of texts, not the folders they lay in."""
        from models.imatrix import read_imatrix
        from models.imatrix_making import ImatrixOrder, imatrix_path

        match choice:
            case None:
                return None
            case MatrixFile(path=path):
                return read_imatrix(path)
            case TextToRead(path=path, max_chunks=max_chunks):
                order = ImatrixOrder(
                    model=source, text=path, dataset=path.name, max_chunks=max_chunks
                )
                target = imatrix_path(source, path, self._folder)
                return self._collect()(
                    order, target, on_progress=steps.tell_reading, cancelled=cancelled
                )

    def _rungs(self, source: Path, model: GgufModel, *, with_imatrix: bool) -> tuple[Rung, ...]:
        from models.quantization import QUANTIZATIONS, foretold_bytes
        from models.quantize import target_path

        rungs = []
        for each in QUANTIZATIONS:
            target = target_path(source, self._folder, each, with_imatrix=with_imatrix)
            there = target.exists()
            if not (there and target.samefile(source)):
                size_bytes = foretold_bytes(model, each, with_imatrix=with_imatrix)
                rungs.append(
                    Rung(
                        name=each.name,
                        size_bytes=size_bytes,
                        there=there,
                        needs_imatrix=each.needs_imatrix,
                    )
                )
        return tuple(rungs)


class _Steps:
    """Progress over all that is made: the text that is read first, then one type after the other."""

    def __init__(self, source: Path, wish: Wish, report: Report) -> None:
        from models.quantization import quantization_named

        self.names: Sequence[str] = [quantization_named(name).name for name in wish.names]
        self._source = source
        self._text = wish.matrix.path if isinstance(wish.matrix, TextToRead) else None
        self._report = report

    def tell_reading(self, fraction: float) -> None:
        if self._text is not None:
            sentence = f"Reading {self._text.name} with {self._source.name}"
            self._report(sentence, fraction / (len(self.names) + 1))

    def tell_making(self, name: str, fraction: float) -> None:
        before = 0 if self._text is None else 1
        done = before + self.names.index(name) + fraction
        sentence = f"Making {name} from {self._source.name}"
        self._report(sentence, done / (before + len(self.names)))
