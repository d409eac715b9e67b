"""The hub as the page asks for it: searched, listed, judged, downloaded from. Without Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from engine.client import Stopped
from engine.contract import Runtime
from models.download.throttle import Throttle
from models.hub.asking import Asking

if TYPE_CHECKING:  # they bring what a start must not wait for
    from gui.models.shelf import Shelf
    from models.download.queue import Download, Downloads
    from models.fingerprint import Fingerprints
    from models.fit import Fit
    from models.hub.client import Found, Hub, Query, Repository
    from models.hub.foretold import Facts, Headers
    from models.hub.http import HubHttp
    from models.hub.listing import Choice
    from models.hub.results import Results
    from models.hub.settings import HubSettings
    from models.library import Entry
    from models.library.standing import Newer, Standing
    from models.origins import Origins

RESULTS: Final = 30  # told together
AT_ONCE: Final = 2  # downloads
READY_LIMIT_S: Final = 10.0


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


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """facts: of every quantization alike; None where a repository has no models. fits: by label."""

    facts: Facts | None
    fits: dict[str, Fit]


class HubDesk:
    """Its methods block and raise HubError, or Stopped once they are given up on.

    `open` comes first, the others wait for it; nothing is contacted by it. Searching, listing and looking
    for newer files each have a thread of the caller's.
    """

    def __init__(self, places: HubPlaces, shelf: Shelf) -> None:
        self._places = places
        self._shelf = shelf
        self._results: Results | None = None
        self._headers: Headers | None = None
        self._downloads: Downloads | None = None
        self._http: HubHttp | None = None
        self._hub: Hub | None = None
        self._throttle = Throttle()
        self._at_once = AT_ONCE
        self._ready = threading.Event()
        self._ended = False
        self._searching, self._listing, self._comparing = Asking(), Asking(), Asking()

    def open(self, offline: bool, on_change: Callable[[Download], None]) -> HubSettings:
        """Connect to nothing yet; downloads that were unfinished are found, and rest."""
        from models.download.queue import Downloads
        from models.download.selection import Downloader
        from models.download.transfer import Transfer
        from models.hub.client import Hub
        from models.hub.foretold import Headers
        from models.hub.http import HubHttp

        self.close()
        places = self._places
        settings = places.settings(offline)
        self._tokens = places.tokens(settings.endpoint)
        self._http = HubHttp(settings, self._tokens.get)
        self._headers = Headers(self._http)
        self._hub = Hub(settings, self._tokens.get)
        transfer = Transfer(self._http, self._throttle)
        downloader = Downloader(
            places.own_folder, transfer, places.fingerprints(), places.origins()
        )
        records = places.own_folder / "downloads"
        self._downloads = Downloads(downloader, records, at_once=self._at_once, on_change=on_change)
        self._downloads.find_unfinished()
        self._ready.set()
        return settings

    def end(self) -> None:
        """Close for good: what waits for `open` waits no longer."""
        self._ended = True
        self.close()
        self._ready.set()

    def close(self) -> None:
        """Give up on every question, let downloads rest and end every connection."""
        self._ready.clear()
        self.give_up_search()
        self.give_up_listing()
        self._comparing.give_up()
        if self._downloads is not None:
            self._downloads.close()
            self._downloads = None
        if self._http is not None:
            self._http.close()
            self._http = None
        if self._hub is not None:
            self._hub.close()
            self._hub = None

    # Looking -----------------------------------------------------------------------------------

    def search(
        self, query: Query, turn: int, *, only_fitting: bool
    ) -> tuple[tuple[Found, ...], bool]:
        """The first results, and whether more follow; `more` gives those.

        turn: as `give_up_search` gave it. only_fitting: models with more parameters than fit this machine
        at Q4_K_M are left out.
        """
        from models.hub.results import Results

        if only_fitting:
            room = self._shelf.parameters_that_fit()
            most = room if query.max_parameters is None else min(room, query.max_parameters)
            query = msgspec.structs.replace(query, max_parameters=most)
        self._results = results = Results(query, self._open_hub.search(query))
        return self._searching.ask(partial(results.take, RESULTS), turn), results.more

    def more(self) -> tuple[tuple[Found, ...], bool]:
        results = self._results
        if results is None:
            return (), False
        return self._searching.ask(partial(results.take, RESULTS)), results.more

    def give_up_search(self) -> int:
        """From any thread: who searches has Stopped at once. Gives the turn of the next search."""
        if self._results is not None:
            self._results.stop()
        return self._searching.give_up()

    def repository(self, repo: str, revision: str | None, turn: int) -> Repository:
        """turn: as `give_up_listing` gave it."""
        return self._listing.ask(partial(self._open_hub.repository, repo, revision), turn)

    def give_up_listing(self) -> int:
        """From any thread: who lists or judges a repository has Stopped at once."""
        return self._listing.give_up()

    def standings(self, repository: Repository) -> dict[str, Standing]:
        """By label, what of a repository is anywhere on this machine, in this or an earlier state."""
        from models.library.standing import standings

        places = self._places
        entries = self._shelf.remembered().entries
        return standings(repository, entries, places.own_folder, places.fingerprints())

    def newer(self, entries: Iterable[Entry]) -> Newer:
        """Which of these have another content on the hub now, under the name that they came from."""
        from models.library.standing import newer_files

        def ask(repo: str) -> Repository:
            return self._comparing.ask(partial(self._open_hub.repository, repo, None))

        return newer_files(entries, ask)

    def foretell(self, repository: Repository, runtime: Runtime) -> Verdicts:
        """Verdicts by label, from one header, of which some megabytes are read once."""
        assert self._headers is not None
        foretold = self._listing.ask(partial(self._headers.foretell, repository))
        if foretold is None:
            return Verdicts(facts=None, fits={})
        fits = {
            label: self._shelf.judge(profile, runtime)
            for label, profile in foretold.profiles.items()
        }
        return Verdicts(facts=foretold.facts, fits=fits)

    def keep_token(self, token: str) -> None:
        self._tokens.keep(token)

    # Downloading -------------------------------------------------------------------------------

    def downloads(self) -> tuple[Download, ...]:
        return () if self._downloads is None else self._downloads.list()

    def limit(self, bytes_per_s: float | None, at_once: int) -> None:
        """What all downloads together may take, and how many run at once; also of those that run."""
        self._throttle.bytes_per_s = bytes_per_s
        self._at_once = at_once
        if self._downloads is not None:
            self._downloads.allow(at_once)

    def download(self, repository: Repository, choice: Choice, *, replaces: bool = False) -> None:
        """replaces: a file of that name with other content is overwritten once this one is whole."""
        from models.download.selection import selection_of

        assert self._downloads is not None
        assert self._http is not None
        endpoint = self._http.endpoint
        self._downloads.add(selection_of(endpoint, repository, choice, replaces=replaces))

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

    @property
    def _open_hub(self) -> Hub:
        self._ready.wait(READY_LIMIT_S)
        if self._ended:
            raise Stopped
        assert self._hub is not None
        return self._hub
