"""What every quantization of a repository will need, from one header."""

from __future__ import annotations

import msgspec

from models.fit import Profile, profile_of
from models.hub.client import Repository
from models.hub.http import HubHttp
from models.hub.listing import Choice
from models.hub.remote import read_remote_model


class Headers:
    """Reads each header once; blocks, and raises HubError or ModelFileError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http
        self._profiles: dict[tuple[str, str, str], Profile] = {}

    def profile(self, repository: Repository, choice: Choice) -> Profile:
        key = (repository.repo, repository.commit, choice.label)
        if key not in self._profiles:
            self._profiles[key] = profile_of(read_remote_model(self._http, repository, choice))
        return self._profiles[key]

    def profiles(self, repository: Repository) -> dict[str, Profile]:
        """By label, all from the header of the smallest: the weights of the others are scaled by size."""
        models = [
            choice
            for choice in repository.listing.choices
            if choice.kind == "model" and not choice.missing and choice.size_bytes
        ]
        if not models:
            return {}
        known = self.profile(repository, models[0])
        return {
            choice.label: _scaled(known, choice.size_bytes / models[0].size_bytes)
            for choice in models
        }


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
