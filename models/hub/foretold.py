"""What every quantization of a repository will need, from one header."""

from __future__ import annotations

import msgspec

from models.describe import model_file
from models.fit import Profile, profile_of
from models.gguf import GgufModel
from models.hub.client import Repository
from models.hub.http import HubHttp
from models.hub.listing import Choice
from models.hub.remote import read_remote_model


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a header tells of every quantization of its model."""

    architecture: str | None
    parameters: int | None
    n_ctx_train: int | None
    has_chat_template: bool

    def bits_per_weight(self, choice: Choice) -> float | None:
        """By the size of the whole file, so a little too much where the vocabulary is large."""
        if choice.kind != "model" or choice.missing or not self.parameters:
            return None
        return 8 * choice.size_bytes / self.parameters


class Foretold(msgspec.Struct, frozen=True, kw_only=True):
    """Profiles by label, all from the header of the smallest: weights of the others are scaled by size."""

    facts: Facts
    profiles: dict[str, Profile]


class Headers:
    """Reads each header once; blocks, and raises HubError or ModelFileError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http
        self._models: dict[tuple[str, str, str], GgufModel] = {}

    def model(self, repository: Repository, choice: Choice) -> GgufModel:
        key = (repository.repo, repository.commit, choice.label)
        if key not in self._models:
            self._models[key] = read_remote_model(self._http, repository, choice)
        return self._models[key]

    def foretell(self, repository: Repository) -> Foretold | None:
        """None where the repository has no whole model."""
        choices = [
            choice
            for choice in repository.listing.choices
            if choice.kind == "model" and not choice.missing and choice.size_bytes
        ]
        if not choices:
            return None
        model = self.model(repository, choices[0])
        known, file = profile_of(model), model_file(model)
        return Foretold(
            facts=Facts(
                architecture=file.architecture,
                parameters=file.parameters,
                n_ctx_train=file.n_ctx_train,
                has_chat_template=bool(file.has_chat_template),
            ),
            profiles={
                choice.label: _scaled(known, choice.size_bytes / choices[0].size_bytes)
                for choice in choices
            },
        )


def _scaled(profile: Profile, factor: float) -> Profile:
    """The profile of another quantization of the same model."""
    weights = profile.weights
    layers = tuple(
        msgspec.structs.replace(
            layer, stored=round(layer.stored * factor), read=round(layer.read * factor)
        )
        for layer in weights.layers
    )
    scaled = msgspec.structs.replace(
        weights,
        inputs=round(weights.inputs * factor),
        layers=layers,
        tied_output=round(weights.tied_output * factor),
    )
    return msgspec.structs.replace(profile, weights=scaled)
