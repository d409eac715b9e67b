"""models quantize: smaller versions of a model file, made by llama.cpp."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cli.failures import EXIT_INTERRUPTED
from cli.interrupt import StopOnInterrupt
from cli.terminal import clean_line, complain, message_console, words, write_result
from cli.usage import WrongUsage, require_file
from cli.wording import percent, size
from engine.client import Stopped
from engine.contract import ModelFile
from engine.errors import QuantizeError
from models.fingerprint import Fingerprints
from models.origins import Origins
from models.quantization import quantization_named
from models.quantize import Quantizer
from storage.folders import models_folder


def quantize_model(
    source: Path, types: Sequence[str], folder: Path | None, *, as_json: bool
) -> int:
    """The exit code is 130 where Ctrl+C stopped it; what was made before then stays."""
    require_file(source)
    for name in types:
        try:
            quantization_named(name)
        except QuantizeError as error:
            raise WrongUsage(str(error)) from error
    try:
        made = _make(source, types, folder or models_folder())
    except Stopped:
        complain("Stopped. Nothing half was left behind.")
        return EXIT_INTERRUPTED
    if as_json:
        write_result(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    else:
        for model in made:
            print(clean_line(f"{model.path} ({size(model.size_bytes)})"), flush=True)
    return 0


def _make(source: Path, types: Sequence[str], folder: Path) -> tuple[ModelFile, ...]:
    known = models_folder()
    quantizer = Quantizer(Fingerprints(known / "fingerprints"), Origins(known / "origins"))
    stopping, console = threading.Event(), message_console()
    with StopOnInterrupt(stopping.set):
        if not console.is_terminal:
            print(f"Making {', '.join(types)} …", file=sys.stderr)
            return quantizer.make(source, folder, types, cancelled=stopping.is_set)
        with console.status("Reading the model …") as status:
            return quantizer.make(
                source,
                folder,
                types,
                on_progress=lambda name, part: status.update(
                    words(f"Making {name}: {percent(part)}")
                ),
                cancelled=stopping.is_set,
            )
