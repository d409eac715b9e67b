"""A model of the library: one content, with every place where it lies."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.contract import ModelFile
from engine.errors import ModelFileError
from models.describe import model_file, refuse_other_kinds, tensor_mix
from models.fit.weights import active_parameters
from models.gguf import GgufModel, read_model
from models.library.places import Place
from models.origins import FromHub, Origin


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What a file's header tells. mix: the share of weights by tensor type."""

    model: ModelFile
    title: str | None
    active_parameters: int | None
    mix: dict[str, float]
    licence: str | None
    imatrix: str | None


class Broken(msgspec.Struct, frozen=True):
    """A file that is no usable model, with the sentence that says why."""

    place: Place
    sentence: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """`places` begins with where it is loaded from; sha256 is None while it was not computed."""

    places: tuple[Place, ...]
    details: Details
    sha256: str | None = None
    origin: Origin | None = None

    @property
    def model(self) -> ModelFile:
        origin = self.origin.named(self.sha256) if isinstance(self.origin, FromHub) else None
        return msgspec.structs.replace(self.details.model, sha256=self.sha256, origin=origin)

    @property
    def name(self) -> str:
        """What the user knows it by: its program's name for it, else its file's."""
        place = self.places[0]
        return place.name or place.path.name.removesuffix(".gguf")

    @property
    def owned(self) -> bool:
        """Whether a place of it is ours, to be moved to the bin."""
        return any(place.app == "Steelyard" for place in self.places)


def read_details(path: Path) -> Details:
    """Raises ModelFileError where the file is no usable model."""
    model = read_model(path)
    refuse_other_kinds(model)
    mix = tensor_mix(model)
    weights = sum(mix.values())
    return Details(
        model=model_file(model),
        title=model.text("general.name"),
        active_parameters=_active(model),
        mix={name: elements / weights for name, elements in mix.items()} if weights else {},
        licence=model.text("general.license"),
        imatrix=model.text("quantize.imatrix.dataset") or model.text("quantize.imatrix.file"),
    )


def _active(model: GgufModel) -> int | None:
    try:
        return active_parameters(model)
    except ModelFileError:
        return None  # a header without layers; loading it will say so
