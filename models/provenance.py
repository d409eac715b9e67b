"""What is known of a model file without reading it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.contract import ModelFile
from models.fingerprint import Fingerprints
from models.origins import FromHub, Origins, cached_origin


class Provenance:
    """Its sha256, and where it was had."""

    def __init__(self, fingerprints: Fingerprints, origins: Origins) -> None:
        self._fingerprints = fingerprints
        self._origins = origins

    def of(self, model: ModelFile) -> ModelFile:
        """The same model with both, as far as they are known."""
        path = Path(model.path)
        sha256 = self._fingerprints.known(path)
        origin = (self._origins.of(sha256) if sha256 else None) or cached_origin(path)
        named = origin.named(sha256) if isinstance(origin, FromHub) else None
        return msgspec.structs.replace(model, sha256=sha256 or model.sha256, origin=named)
