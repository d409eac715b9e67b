"""Requests for files of a hub, by our own rules for redirects.

A hub answers a file's address with a redirect to a store elsewhere, often on another host. We follow each
step ourselves: its headers say commit, size and sha256, and the token goes to the hub alone.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from engine.client import Stopped
from models.hub.asking import given_up
from models.hub.errors import AccessDenied, HubError, NotOnHub, RateLimited, Unreachable
from models.hub.settings import HubSettings
from models.hub.wires import Wires

if TYPE_CHECKING:
    import httpx2

USER_AGENT: Final = "steelyard"
CONNECT_TIMEOUT_S: Final = 15.0
READ_TIMEOUT_S: Final = 30.0
MAX_REDIRECTS: Final = 6
_GIVE_TOKEN: Final = (
    "give an access token of your account there: as HF_TOKEN in the environment, or in the window by "
    "“Access token…” on the Models page."
)
_ERRNO: Final = re.compile(r"\[(?:Errno|WinError) -?\d+\]")
# As Linux, macOS and Windows word it.
_NO_SUCH_HOST: Final = ("Name or service not known", "name resolution", "nodename", "getaddrinfo")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class RemoteFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub says of a file before it is fetched; `sha256` of files in large file storage only."""

    commit: str | None
    size_bytes: int | None
    sha256: str | None


class HubHttp:
    """One connection pool; may be used from several threads. `close` ends it, and every wait for it."""

    def __init__(self, settings: HubSettings, token: Callable[[], str | None]) -> None:
        self._settings = settings
        self._token = token
        self._client: httpx2.Client | None = None
        self._wires = Wires()
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        return self._settings.endpoint

    def file_address(self, repo: str, file: str, revision: str) -> str:
        return f"{self.endpoint}/{repo}/resolve/{quote(revision, safe='')}/{quote(file)}"

    def look(self, repo: str, file: str, revision: str) -> RemoteFile:
        """What is said of a file; raises HubError."""
        headers: dict[str, str] = {}
        address = self.file_address(repo, file, revision)
        with self._request("HEAD", address, f"{repo}/{file}", {}, Wires()) as response:
            for step in (*response.history, response):
                for name, value in step.headers.items():
                    headers.setdefault(name.lower(), value)
            length = None if response.is_redirect else response.headers.get("content-length")
        etag = headers.get("x-linked-etag", "").removeprefix("W/").strip('"')
        return RemoteFile(
            commit=headers.get("x-repo-commit"),
            size_bytes=_number(headers.get("x-linked-size") or length),
            sha256=etag if len(etag) == 64 else None,
        )

    @contextlib.contextmanager
    def read(
        self, address: str, what: str, headers: Mapping[str, str], wires: Wires | None = None
    ) -> Iterator[httpx2.Response]:
        """A response whose body is still to be read; raises HubError, also while it is read.

        wires: learns of the connections, so that just this request can be cut.
        """
        with self._request("GET", address, what, headers, wires or Wires()) as response:
            yield response

    def cut(self) -> None:
        """End what is being fetched just now, from another thread; its reader has an Unreachable."""
        self._wires.cut()

    def close(self) -> None:
        self.cut()
        if self._client is not None:
            self._client.close()
            self._client = None

    @contextlib.contextmanager
    def _request(
        self, method: str, address: str, what: str, headers: Mapping[str, str], wires: Wires
    ) -> Iterator[httpx2.Response]:
        import httpx2

        self._settings.require_online(f"Fetching {what}")
        if given_up():
            raise Stopped
        client = self._open_client()
        history: list[httpx2.Response] = []
        try:
            while True:
                request = client.build_request(
                    method,
                    address,
                    headers=self._headers(address, headers),
                    extensions={"trace": partial(_note, (self._wires, wires))},
                )
                response = client.send(request, stream=True)
                wires.hold(response.extensions.get("network_stream"))
                try:
                    if response.status_code not in _REDIRECTS or (
                        # A store's signed address is good for GET only.
                        method == "HEAD" and not self._stays(address, response, what)
                    ):
                        self._refuse(address, response, what)
                        response.history = history
                        yield response
                        return
                finally:
                    response.close()
                history.append(response)
                address = _next_address(address, response, what)
                if len(history) > MAX_REDIRECTS:
                    raise Unreachable(f"The hub sends {what} round in circles. Try again later.")
        except httpx2.HTTPError as error:
            raise unreachable(error, what) from error
        except httpx2.InvalidURL as error:
            raise Unreachable(f"The hub's address {address!r} cannot be used.") from error

    def _open_client(self) -> httpx2.Client:
        with self._lock:
            if self._client is None:
                self._client = new_client()
            return self._client

    def _refuse(self, address: str, response: httpx2.Response, what: str) -> None:
        """Raise the HubError that an answer means, if it means one."""
        status = response.status_code
        if status < 400 or status == 416:
            return
        if origin_of(address) != origin_of(self.endpoint) and status in {400, 401, 403, 404}:
            # The store knows no users: its address has run out, and the hub gives a new one.
            raise Unreachable(
                f"The hub's store answers {what} with error {status}. Try again later."
            )
        raise error_of(status, response.headers, what, self.endpoint)

    def _stays(self, address: str, response: httpx2.Response, what: str) -> bool:
        return origin_of(_next_address(address, response, what)) == origin_of(address)

    def _headers(self, address: str, headers: Mapping[str, str]) -> dict[str, str]:
        sent = {"Accept-Encoding": "identity", **headers}
        if origin_of(address) == origin_of(self.endpoint) and (token := self._token()):
            sent["Authorization"] = f"Bearer {token}"
        return sent


def _note(noting: tuple[Wires, ...], event: str, details: Mapping[str, object]) -> None:
    for wires in noting:
        wires.note(event, details)


def new_client() -> httpx2.Client:
    import httpx2

    return httpx2.Client(
        follow_redirects=False,
        timeout=httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        headers={"User-Agent": USER_AGENT},
    )


def origin_of(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default


def error_of(status: int, headers: Mapping[str, str], what: str, endpoint: str) -> HubError:
    """The error for a refusal; `what` is a repository, or a file of one."""
    code = headers.get("x-error-code", "")
    page = f"{endpoint}/{'/'.join(what.split('/')[:2])}"
    if code == "GatedRepo" or status == 403:
        return AccessDenied(
            f"{what} is gated: open {page}, sign in and accept the licence there, then {_GIVE_TOKEN}",
            page,
        )
    if status == 401 or code == "RepoNotFound":
        return AccessDenied(
            f"{what} is not there, or it is private. Check the name; for a private one {_GIVE_TOKEN}",
            page,
        )
    if status in {404, 410}:
        return NotOnHub(f"{what} is not on the hub any more, or it never was. Check the name.")
    if status == 429:
        wait_s = _retry_after_s(headers)
        when = f"in {wait_s:.0f} seconds" if wait_s else "in some minutes"
        return RateLimited(f"The hub is asked too often just now. Try again {when}.", wait_s)
    return Unreachable(f"The hub answers {what} with error {status}. Try again later.")


def unreachable(error: Exception, what: str) -> Unreachable:
    return Unreachable(
        f"{what} could not be fetched: {_reason(error)}. Check the network and the proxy settings."
    )


def _reason(error: Exception) -> str:
    """What the system said, without its numbers; the commonest ones in plain words."""
    said = _ERRNO.sub("", str(error)).strip().rstrip(".") or type(error).__name__
    if "refused" in said:
        return "the connection was refused, nothing answers at this address"
    if any(each in said for each in _NO_SUCH_HOST):
        return f"the hub's host was not found ({said})"
    return said


def _next_address(address: str, response: httpx2.Response, what: str) -> str:
    there = urljoin(address, response.headers.get("location", ""))
    was, will_be = urlsplit(address).scheme, urlsplit(there).scheme
    if will_be not in {"http", "https"} or (was == "https" and will_be != "https"):
        raise Unreachable(f"The hub sends {what} to an unsafe place, so it is not fetched.")
    return there


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    if value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    from datetime import UTC, datetime

    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
