"""models quantize: smaller versions of a model file, made by llama.cpp."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from cli.failures import EXIT_INTERRUPTED
from cli.models_making import Cancelled, Tell, make_stoppably
from cli.models_making_options import QuantizeOptions
from cli.terminal import clean_line, complain, write_json
from cli.usage import WrongUsage, require_file
from cli.wording import percent, size
from engine.client import Stopped
from engine.contract import ModelFile
from engine.errors import QuantizeError
from engine.importance import ImportanceMatrix
from models.fingerprint import Fingerprints
from models.gguf import read_model
from models.imatrix import read_imatrix, refuse_misfit
from models.origins import Origins
from models.quantization import foretold_bytes, is_quantized, quantization_named
from models.quantize import Quantizer, target_path
from storage.folders import models_folder


class Foretold(msgspec.Struct, frozen=True, kw_only=True):
    """What --dry-run --json writes of each."""

    path: str
    quantization: str
    size_bytes: int


def quantize_model(source: Path, types: Sequence[str], options: QuantizeOptions) -> int:
    """The exit code is 130 where Ctrl+C stopped it; what was made before then stays."""
    require_file(source)
    for name in types:
        try:
            quantization_named(name)
        except QuantizeError as error:
            raise WrongUsage(str(error)) from error
    if options.imatrix is not None:
        require_file(options.imatrix)
    # As typed, as llama-quantize records it: then the file is the same to the last byte.
    matrix = read_imatrix(options.imatrix, str(options.imatrix)) if options.imatrix else None
    if is_quantized(read_model(source)):
        complain(
            f"{source.name} is itself quantized: what it has lost stays lost, and each type made of it "
            "loses a little more. An F16 or BF16 file is the better source."
        )
    if options.dry_run:
        return _foretell(source, types, matrix, options)
    try:
        made = _make(source, types, matrix, options.to or models_folder())
    except Stopped:
        complain("Stopped. Nothing half was left behind.")
        return EXIT_INTERRUPTED
    if options.as_json:
        write_json(made)
    else:
        for model in made:
            print(clean_line(f"{model.path} ({size(model.size_bytes)})"), flush=True)
    return 0


def _make(
    source: Path, types: Sequence[str], matrix: ImportanceMatrix | None, folder: Path
) -> tuple[ModelFile, ...]:
    known = models_folder()
    quantizer = Quantizer(Fingerprints(known / "fingerprints"), Origins(known / "origins"))

    def work(tell: Tell, cancelled: Cancelled) -> tuple[ModelFile, ...]:
        return quantizer.make(
            source,
            folder,
            types,
            importance=matrix,
            on_progress=lambda name, part: tell(f"Making {name}: {percent(part)}"),
            cancelled=cancelled,
        )

    return make_stoppably(f"Making {', '.join(types)} …", work)


def _foretell(
    source: Path,
    types: Sequence[str],
    matrix: ImportanceMatrix | None,
    options: QuantizeOptions,
) -> int:
    model, folder = read_model(source), options.to or models_folder()
    if matrix is not None:
        refuse_misfit(matrix, model)
    given = matrix is not None
    foretold = [
        Foretold(
            path=str(target_path(source, folder, each, with_imatrix=given)),
            quantization=each.name,
            size_bytes=foretold_bytes(model, each, with_imatrix=given),
        )
        for each in map(quantization_named, types)
    ]
    if options.as_json:
        write_json(foretold)
        return 0
    for each in foretold:
        needs = quantization_named(each.quantization).needs_imatrix and not given
        note = "; needs an importance matrix" if needs else ""
        print(clean_line(f"{each.path} ({size(each.size_bytes)}{note})"), flush=True)
    return 0
