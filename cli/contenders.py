"""Contenders from the model files that were named, each with a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cli.usage import require_file
from engine.contract import Contender, ModelFile, Runtime
from models.fingerprint import Fingerprints
from models.origins import Origins, Provenance
from storage.folders import models_folder

_SHARD: Final = re.compile(r"-\d{5}-of-\d{5}$")


def read_contenders(
    paths: Sequence[Path], runtime: Runtime, describe: Callable[[Path], ModelFile]
) -> tuple[Contender, ...]:
    """One a file, in that order; raises WrongUsage for a missing file, ModelFileError for a bad one."""
    for path in paths:
        require_file(path)
    folder = models_folder()
    known = Provenance(Fingerprints(folder / "fingerprints"), Origins(folder / "origins"))
    models = [known.of(describe(path)) for path in paths]
    return tuple(
        Contender(name=name, model=model, runtime=runtime)
        for name, model in zip(unique_names(models), models, strict=True)
    )


def display_name(model: ModelFile) -> str:
    """The file's name without its ending, with the quantization as a word at the end."""
    stem = _SHARD.sub("", Path(model.file).stem)
    if not model.quantization:
        return stem
    without = re.sub(rf"[-._ ]?{re.escape(model.quantization)}$", "", stem, flags=re.IGNORECASE)
    return f"{without or stem} {model.quantization}"


def unique_names(models: Sequence[ModelFile]) -> list[str]:
    """Display names; models that share one also get their folder, the very same model a number."""
    plain = [display_name(model) for model in models]
    names: list[str] = []
    for model, name in zip(models, plain, strict=True):
        same = [other.path for other, own in zip(models, plain, strict=True) if own == name]
        wanted = name if len(set(same)) == 1 else f"{name} ({Path(model.path).parent.name})"
        names.append(_free(wanted, names))
    return names


def _free(wanted: str, taken: Sequence[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} #{number}"
    return name
