"""Searching a hub and listing its repositories, through huggingface_hub.

That library is imported at the first question only: it takes 0.25 s and reads its settings from the
environment while it is imported.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from engine.client import Stopped
from models.hub.asking import given_up
from models.hub.errors import BadAddress, HubError, Unreachable
from models.hub.http import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, error_of, unreachable
from models.hub.listing import HubFile, Listing, listing_of
from models.hub.settings import HubSettings

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub import HfApi, ModelInfo

PAGE: Final = 50  # results of one request; the hub itself would send a thousand

_MILLION: Final = 10**6

SortedBy = Literal["downloads", "likes", "recency", "trending"]
_SORTS: Final[dict[SortedBy, Any]] = {
    "downloads": "downloads",
    "likes": "likes",
    "recency": "last_modified",
    "trending": "trending_score",
}


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What to search for; parameters in units, None is unbounded. architecture: its name or how it begins."""

    words: str = ""
    sorted_by: SortedBy = "downloads"
    min_parameters: int | None = None
    max_parameters: int | None = None
    architecture: str | None = None
    licence: str | None = None

    def admits(self, found: Found) -> bool:
        """Whether a result is wanted, as far as the hub says what it is; it may have narrowed less."""
        known, low, high = found.parameters, self.min_parameters, self.max_parameters
        if known is not None and not (low or 0) <= known <= (high or known):
            return False
        name = (found.architecture or "").casefold()
        return name.startswith((self.architecture or "").strip().casefold())


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A repository in a search; None where the hub does not say."""

    repo: str
    downloads: int | None = None
    likes: int | None = None
    changed: datetime | None = None
    gated: bool = False
    licence: str | None = None
    parameters: int | None = None
    architecture: str | None = None
    n_ctx_train: int | None = None


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of a repository; `commit` names it for ever."""

    repo: str
    commit: str
    gated: bool
    licence: str | None
    changed: datetime | None
    listing: Listing

    def newer_than(self, file: str, sha256: str) -> HubFile | None:
        """What the hub has now under a name whose content was once this; None where it is the same."""
        for choice in self.listing.choices:
            for there in choice.files:
                if there.name == file and there.sha256 not in {None, sha256}:
                    return there
        return None


class Hub:
    """Questions to a hub. They block, so they are asked in a background thread; raises HubError."""

    def __init__(self, settings: HubSettings, token: Callable[[], str | None]) -> None:
        self._settings = settings
        self._token = token

    def search(self, query: Query) -> Iterator[Found]:
        """Repositories with GGUF files, best first and without end; a page is fetched as it is reached.

        The hub narrows by words, parameters and licence; `Query.admits` says which are wanted.
        """
        self._settings.require_online("Searching the hub")
        filters = ["gguf", *([f"license:{query.licence}"] if query.licence else [])]
        with _translated("the hub's search", self._settings.endpoint):
            for info in self._api().list_models(
                search=query.words or None,
                filter=filters,
                num_parameters=_range(query),
                sort=_SORTS[query.sorted_by],
                expand=["downloads", "likes", "lastModified", "gated", "tags", "gguf"],
            ):
                yield _found(info)

    def repository(self, repo: str, revision: str | None = None) -> Repository:
        """What a repository holds, as files and as quantizations."""
        self._settings.require_online(f"Listing {repo}")
        with _translated(repo, self._settings.endpoint):
            info = self._api().model_info(
                repo, revision=revision, files_metadata=True, timeout=READ_TIMEOUT_S
            )
        if not info.sha:
            raise Unreachable(f"The hub does not say which revision of {repo} it has.")
        files = [
            HubFile(
                name=sibling.rfilename,
                size_bytes=sibling.size or 0,
                sha256=sibling.lfs.sha256 if sibling.lfs else None,
            )
            for sibling in info.siblings or ()
        ]
        return Repository(
            repo=info.id,
            commit=info.sha,
            gated=bool(info.gated),
            licence=_licence(info),
            changed=info.last_modified,
            listing=listing_of(files),
        )

    def close(self) -> None:
        """End the connections that huggingface_hub holds."""
        if _library.cache_info().currsize:
            from huggingface_hub import close_session

            close_session()

    def _api(self) -> HfApi:
        return _library()(
            endpoint=self._settings.endpoint,
            token=self._token() or False,
            library_name="steelyard",
        )


@functools.cache
def _library() -> type[HfApi]:
    """huggingface_hub with a client of ours, set once: setting it ends what other threads ask."""
    # Read while huggingface_hub is imported: no telemetry, whatever the environment says.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from huggingface_hub import HfApi, logging, set_client_factory

    set_client_factory(_impatient_client)
    # It writes of each further attempt to stderr.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # it has no types
    return HfApi


def _impatient_client() -> httpx2.Client:
    """A client for huggingface_hub, whose own waits for ever, and tries a dead hub again for 23 s."""
    import httpx2

    class Impatient(httpx2.Client):  # the library takes nothing but a client
        def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
            if given_up():
                raise Stopped
            if request.url.path.endswith("/api/models") and "limit" not in request.url.params:
                request.url = request.url.copy_set_param("limit", PAGE)
            try:
                return super().send(request, **options)
            except (
                httpx2.TimeoutException,
                httpx2.NetworkError,
                httpx2.RemoteProtocolError,
            ) as error:
                # The library would try again, whatever has been decided meanwhile.
                raise unreachable(error, "What the hub has") from error

    timeout = httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return Impatient(follow_redirects=True, timeout=timeout)


@contextlib.contextmanager
def _translated(what: str, endpoint: str) -> Iterator[None]:
    import httpx2
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
    )

    try:
        yield
    except HubError:
        raise
    except HFValidationError as error:
        raise BadAddress(f"{what!r} names no repository. It must look like owner/model.") from error
    except HfHubHTTPError as error:
        headers = dict(error.response.headers)
        if isinstance(error, GatedRepoError):
            headers["x-error-code"] = "GatedRepo"
        raise error_of(error.response.status_code, headers, what, endpoint) from error
    except (httpx2.HTTPError, OfflineModeIsEnabled) as error:
        raise unreachable(error, what) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # The library trusts the shape of answers.
        raise Unreachable(
            f"The hub's answer about {what} cannot be understood. Check the address of the hub."
        ) from error


def _found(info: ModelInfo) -> Found:
    header = info.gguf or {}
    return Found(
        repo=info.id,
        downloads=info.downloads,
        likes=info.likes,
        changed=info.last_modified,
        gated=bool(info.gated),
        licence=_licence(info),
        parameters=_whole(header.get("total")),
        architecture=_text(header.get("architecture")),
        n_ctx_train=_whole(header.get("context_length")),
    )


def _licence(info: ModelInfo) -> str | None:
    tags = [tag for tag in info.tags or () if tag.startswith("license:")]
    return tags[0].removeprefix("license:") if tags else None


def _range(query: Query) -> str | None:
    """As the hub takes it, `min:3B,max:8B`: in whole millions or billions, rather too wide."""
    bounds = []
    if query.min_parameters is not None:
        bounds.append(f"min:{_short(query.min_parameters // _MILLION)}")
    if query.max_parameters is not None:
        bounds.append(f"max:{_short(-(-query.max_parameters // _MILLION))}")
    return ",".join(bounds) or None


def _short(millions: int) -> str:
    return f"{millions}M" if millions % 1000 else f"{millions // 1000}B"


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
