"""Contenders from the model files that were named, each with a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cli.usage import require_file
from engine.contract import Contender, ModelFile, Runtime
from engine.naming import unique_names
from models.fingerprint import Fingerprints
from models.origins import Origins
from models.provenance import Provenance
from storage.folders import models_folder


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
