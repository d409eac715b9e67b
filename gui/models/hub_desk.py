"""The hub as the page asks for it: searched, listed, judged, downloaded from. Without Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from engine.contract import Runtime

if TYPE_CHECKING:  # they bring what a start must not wait for
    from gui.models.shelf import Shelf
    from models.download.queue import Download, Downloads
    from models.fingerprint import Fingerprints
    from models.fit import Fit, Profile
    from models.hub.client import Found, Hub, Query, Repository
    from models.hub.http import HubHttp
    from models.hub.listing import Choice, HubFile
    from models.hub.settings import HubSettings
    from models.origins import Origins

AT_ONCE: Final = 30  # results told together


class TokenKeeper(Protocol):
    def get(self) -> str | None: ...

    def keep(self, token: str) -> None: ...


class HubPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where files go, and how the hub is reached; each is called when it is first needed."""

    own_folder: Path
    fingerprints: Callable[[], Fingerprints]
    origins: Callable[[], Origins]
    settings: Callable[[bool], HubSettings]
    """Given whether the user wants to stay offline."""
    tokens: Callable[[str], TokenKeeper]
    """Given the hub's address."""


class HubDesk:
    """Its methods block and raise HubError. `open` comes first; nothing is contacted by it."""

    def __init__(self, places: HubPlaces, shelf: Shelf) -> None:
        self._places = places
        self._shelf = shelf
        self._results: Iterator[Found] = iter(())
        self._profiles: dict[str, Profile] = {}
        self._downloads: Downloads | None = None
        self._http: HubHttp | None = None

    def open(self, offline: bool, on_change: Callable[[Download], None]) -> HubSettings:
        """Connect to nothing yet; downloads that were unfinished are found, and rest."""
        from models.download.queue import Downloads
        from models.download.selection import Downloader
        from models.download.throttle import Throttle
        from models.download.transfer import Transfer
        from models.hub.client import Hub
        from models.hub.http import HubHttp

        self.close()
        places = self._places
        settings = places.settings(offline)
        self._tokens = places.tokens(settings.endpoint)
        self._http = HubHttp(settings, self._tokens.get)
        self._hub: Hub = Hub(settings, self._tokens.get)
        transfer = Transfer(self._http, Throttle())
        downloader = Downloader(
            places.own_folder, transfer, places.fingerprints(), places.origins()
        )
        records = places.own_folder / "downloads"
        self._downloads = Downloads(downloader, records, on_change=on_change)
        self._downloads.find_unfinished()
        return settings

    def close(self) -> None:
        """Let downloads rest and end every connection."""
        if self._downloads is not None:
            self._downloads.close()
            self._downloads = None
        if self._http is not None:
            self._http.close()
            self._http = None

    # Looking -----------------------------------------------------------------------------------

    def search(self, query: Query) -> tuple[Found, ...]:
        """The first results; `more` gives those that follow."""
        self._results = self._hub.search(query)
        return self.more()

    def more(self) -> tuple[Found, ...]:
        return tuple(islice(self._results, AT_ONCE))

    def repository(self, repo: str, revision: str | None = None) -> Repository:
        return self._hub.repository(repo, revision)

    def here(self, repository: Repository) -> frozenset[str]:
        """The labels of those choices whose files lie in our folder already."""
        return frozenset(
            choice.label
            for choice in repository.listing.choices
            if all(self._is_here(repository.repo, file) for file in choice.files)
        )

    def fit(self, repository: Repository, choice: Choice, runtime: Runtime) -> Fit:
        """The verdict from the file's header, of which some megabytes are read once."""
        return self._shelf.judge(self._profile(repository, choice), runtime)

    def foretold_fits(self, repository: Repository, runtime: Runtime) -> dict[str, Fit]:
        """Verdicts by label, all from the smallest one's header: the others' weights are scaled by size."""
        models = [
            choice
            for choice in repository.listing.choices
            if choice.kind == "model" and not choice.missing and choice.size_bytes
        ]
        if not models:
            return {}
        known = self._profile(repository, models[0])
        return {
            choice.label: self._shelf.judge(
                _scaled(known, choice.size_bytes / models[0].size_bytes), runtime
            )
            for choice in models
        }

    def _profile(self, repository: Repository, choice: Choice) -> Profile:
        from models.fit import profile_of
        from models.hub.remote import read_remote_model

        key = f"{repository.repo}@{repository.commit}/{choice.label}"
        profile = self._profiles.get(key)
        if profile is None:
            assert self._http is not None
            model = read_remote_model(self._http, repository, choice)
            profile = self._profiles[key] = profile_of(model)
        return profile

    def keep_token(self, token: str) -> None:
        self._tokens.keep(token)

    # Downloading -------------------------------------------------------------------------------

    def downloads(self) -> tuple[Download, ...]:
        return () if self._downloads is None else self._downloads.list()

    def download(self, repository: Repository, choice: Choice) -> None:
        from models.download.selection import selection_of

        assert self._downloads is not None
        assert self._http is not None
        self._downloads.add(selection_of(self._http.endpoint, repository, choice))

    def pause(self, download_id: str) -> None:
        assert self._downloads is not None
        self._downloads.pause(download_id)

    def resume(self, download_id: str) -> None:
        assert self._downloads is not None
        self._downloads.resume(download_id)

    def cancel(self, download_id: str) -> None:
        """What came so far is deleted; a finished file stays."""
        assert self._downloads is not None
        self._downloads.cancel(download_id)

    def _is_here(self, repo: str, file: HubFile) -> bool:
        from models.hub.address import safe_path
        from models.hub.errors import BadAddress

        try:
            target = safe_path(self._places.own_folder, repo, file.name)
            return target.exists() and target.stat().st_size == file.size_bytes
        except BadAddress:
            return False  # downloading it will say what is wrong with its name


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
