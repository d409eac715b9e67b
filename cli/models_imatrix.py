"""models imatrix: an importance matrix of a model and a text, for quantizing."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cli.failures import EXIT_INTERRUPTED
from cli.models_making import Cancelled, Tell, make_stoppably
from cli.models_making_options import ImatrixOptions
from cli.terminal import clean_line, complain, write_json
from cli.usage import WrongUsage, require_file
from cli.wording import count, percent
from engine.client import Stopped
from engine.importance import ImportanceMatrix
from models.imatrix_making import ImatrixOrder, imatrix_path, make_imatrix
from storage.folders import models_folder


class MadeMatrix(msgspec.Struct, frozen=True, kw_only=True):
    """What --json writes."""

    path: str
    text: str
    chunks: int
    weights: int


def make_model_imatrix(model: Path, options: ImatrixOptions) -> int:
    """The exit code is 130 where Ctrl+C stopped it; then nothing is left."""
    require_file(model)
    if not options.text.is_file():
        raise WrongUsage(f"There is no text file {options.text}. Check its name and folder.")
    target = options.out or imatrix_path(model, options.text, models_folder())
    # As typed, as llama-imatrix records it: then the file is the same to the last byte.
    order = ImatrixOrder(
        model=model,
        text=options.text,
        dataset=str(options.text),
        max_chunks=options.chunks,
        threads=options.threads,
    )

    def work(tell: Tell, cancelled: Cancelled) -> ImportanceMatrix:
        return make_imatrix(
            order,
            target,
            on_progress=lambda part: tell(
                f"Reading {options.text.name} with {model.name}: {percent(part)}"
            ),
            cancelled=cancelled,
        )

    try:
        matrix = make_stoppably(f"Reading {options.text.name} with {model.name} …", work)
    except Stopped:
        complain("Stopped. Nothing half was left behind.")
        return EXIT_INTERRUPTED
    _report(matrix, order, as_json=options.as_json)
    return 0


def _report(matrix: ImportanceMatrix, order: ImatrixOrder, *, as_json: bool) -> None:
    weights = len(matrix.entries)
    if as_json:
        made = MadeMatrix(
            path=matrix.path, text=order.dataset, chunks=matrix.chunks, weights=weights
        )
        write_json(made)
        return
    chunks = count(matrix.chunks, "chunk")
    print(clean_line(f"{matrix.path} ({chunks}, {count(weights, 'weight')})"), flush=True)
