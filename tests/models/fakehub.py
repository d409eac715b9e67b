"""A hub on loopback: search, repositories, files behind redirects, and the faults of real ones.

The hub answers under 127.0.0.1 and its store under localhost, so that a file's redirect leads to another
host. `python -m tests.models.fakehub FOLDER` serves each sub-folder as a repository until it is ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

PIECE_BYTES: Final = 256 * 1024
PAGE: Final = 3
_SORT_KEYS: Final = {"likes": "likes", "lastModified": "changed", "trendingScore": "trending"}
_UNITS: Final = {"K": 10**3, "M": 10**6, "B": 10**9}


@dataclass
class File:
    """`path` holds the content where it is too large for the memory."""

    content: bytes = b""
    path: Path | None = None
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.sha256:
            self.sha256 = hashlib.sha256(self.content).hexdigest()

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path else len(self.content)

    def read(self, start: int, size: int) -> bytes:
        if self.path is None:
            return self.content[start : start + size]
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(size)


@dataclass
class Repo:
    files: dict[str, File]
    commit: str = "c" * 40
    downloads: int = 0
    likes: int = 0
    trending: int = 0
    changed: str = "2026-10-01T12:00:00.000Z"
    gated: bool = False
    private: bool = False
    tags: list[str] = field(default_factory=lambda: ["gguf"])
    gguf: dict[str, Any] | None = None


@dataclass
class Seen:
    """A request as it came."""

    method: str
    host: str
    path: str
    authorization: str | None
    range: str | None


@dataclass
class Faults:
    """What goes wrong; each list is used up from its front, one request of that kind at a time.

    answers: (status, headers) instead of a file's redirect. cuts: the store sends so many bytes, then
    closes; −1 sends all. lengths: added to the length that the store announces. other_content: the store
    sends this many flipped bytes at the beginning. longer_by: the store sends more than there is.
    stalls_after: the store sends so many bytes, then nothing, and keeps the line.
    """

    answers: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    cuts: deque[int] = field(default_factory=deque)
    lengths: deque[int] = field(default_factory=deque)
    flipped: bool = False
    longer_by: int = 0
    ignores_ranges: bool = False
    changes_etag: bool = False
    bytes_per_s: float | None = None
    hangs: bool = False
    busy: bool = False
    stalls_after: int | None = None
    talks_nonsense: bool = False


class FakeHub:
    """Serves while its `with` block lasts; `requests` is everything that was asked."""

    def __init__(self, port: int = 0) -> None:
        self.repos: dict[str, Repo] = {}
        self.faults = Faults()
        self.requests: list[Seen] = []
        self.token = "hf_right"
        self.released = threading.Event()
        self.connections: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, repo: str, files: dict[str, bytes | File], **about: Any) -> Repo:
        kept = {
            name: file if isinstance(file, File) else File(file) for name, file in files.items()
        }
        self.repos[repo] = Repo(kept, **about)
        return self.repos[repo]

    def store_requests(self) -> list[Seen]:
        return [seen for seen in self.requests if seen.path.startswith("/store/")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        for connection in self.connections.copy():
            # Clients keep theirs open for the next request, and the server waits for each.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.hub.connections.add(self.connection)

    def finish(self) -> None:
        self.hub.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass

    def _answer(self) -> None:
        self.hub.requests.append(
            Seen(
                self.command,
                (self.headers.get("Host") or "").split(":")[0],
                self.path,
                self.headers.get("Authorization"),
                self.headers.get("Range"),
            )
        )
        if self.hub.faults.hangs:
            self.hub.released.wait(30)
        parts = [unquote(part) for part in urlsplit(self.path).path.split("/") if part]
        try:
            self._route(parts)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _route(self, parts: list[str]) -> None:
        if self.hub.faults.busy:
            self._send(503, {"Retry-After": "0"})
        elif self.hub.faults.talks_nonsense:
            self._send(200, {"Content-Type": "text/html"}, "<html>Sign in to this network</html>")
        elif parts == ["api", "models"]:
            self._search()
        elif parts[:2] == ["api", "models"] and len(parts) >= 4:
            self._model("/".join(parts[2:4]))
        elif parts[:1] == ["store"]:
            self._store("/".join(parts[1:3]), "/".join(parts[3:]))
        elif len(parts) > 4 and parts[2] == "resolve":
            self._resolve("/".join(parts[:2]), "/".join(parts[4:]))
        else:
            self._send(404, {"X-Error-Code": "EntryNotFound"})

    def _search(self) -> None:
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        words = query.get("search", "").lower()
        tags = set(parse_qs(urlsplit(self.path).query).get("filter", []))
        bounds = query.get("num_parameters", "")
        names = [
            name
            for name, repo in self.hub.repos.items()
            if words in name.lower()
            and tags <= {*repo.tags, "gguf"}
            and not repo.private
            and _within(bounds, (repo.gguf or {}).get("total"))
        ]
        key = _SORT_KEYS.get(query.get("sort", ""), "downloads")
        names.sort(key=lambda name: getattr(self.hub.repos[name], key), reverse=True)
        start = int(query.get("cursor", 0))
        headers = {}
        if start + PAGE < len(names):
            there = self.path.split("&cursor=")[0] + ("&" if "?" in self.path else "?")
            headers["Link"] = f'<{self.hub.endpoint}{there}cursor={start + PAGE}>; rel="next"'
        self._send_json([self._summary(name) for name in names[start : start + PAGE]], headers)

    def _summary(self, name: str) -> dict[str, Any]:
        repo = self.hub.repos[name]
        return {
            "_id": name,
            "id": name,
            "downloads": repo.downloads,
            "likes": repo.likes,
            "lastModified": repo.changed,
            "gated": "manual" if repo.gated else False,
            "private": repo.private,
            "tags": repo.tags,
            "gguf": repo.gguf,
            "sha": repo.commit,
        }

    def _model(self, name: str) -> None:
        repo = self._permitted(name, listing=True)
        if repo is None:
            return
        siblings = [
            {
                "rfilename": file_name,
                "size": file.size,
                "blobId": "b" * 40,
                "lfs": {"sha256": file.sha256, "size": file.size, "pointerSize": 134},
            }
            for file_name, file in repo.files.items()
        ]
        self._send_json({**self._summary(name), "siblings": siblings}, {})

    def _permitted(self, name: str, *, listing: bool = False) -> Repo | None:
        """The repository, or None after a refusal; gated ones may be listed but not fetched."""
        repo = self.hub.repos.get(name)
        allowed = self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        if repo is None or (repo.private and not allowed):
            self._send(401 if not allowed else 404, {"X-Error-Code": "RepoNotFound"})
            return None
        if repo.gated and not allowed and not listing:
            self._send(403, {"X-Error-Code": "GatedRepo"})
            return None
        return repo

    def _resolve(self, name: str, file_name: str) -> None:
        if self.hub.faults.answers and self.command == "GET":
            status, headers = self.hub.faults.answers.popleft()
            self._send(status, headers)
            return
        repo = self._permitted(name)
        if repo is None:
            return
        file = repo.files.get(file_name)
        if file is None:
            self._send(404, {"X-Error-Code": "EntryNotFound"})
            return
        self._send(
            302,
            {
                "X-Repo-Commit": repo.commit,
                "X-Linked-Etag": f'"{file.sha256}"',
                "X-Linked-Size": str(file.size),
                "Location": f"http://localhost:{self.hub.port}/store/{name}/{file_name}",
            },
        )

    def _store(self, name: str, file_name: str) -> None:
        faults = self.hub.faults
        file = self.hub.repos[name].files[file_name]
        etag = f'"{len(self.hub.requests) if faults.changes_etag else file.sha256[:16]}"'
        start, end, asked = 0, file.size - 1, self.headers.get("Range")
        if_range = self.headers.get("If-Range")
        partial = bool(asked) and not faults.ignores_ranges and if_range in {None, etag}
        if asked and partial:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or end), end)
            if start > end:
                self._send(416, {"Content-Range": f"bytes */{file.size}"})
                return
        self.send_response(206 if partial else 200)
        self.send_header("ETag", etag)
        self.send_header("Accept-Ranges", "bytes")
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{end}/{file.size}")
        lie = faults.lengths.popleft() if faults.lengths else 0
        length = end - start + 1 + lie + faults.longer_by
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "GET":
            self._send_content(file, start, end)

    def _send_content(self, file: File, start: int, end: int) -> None:
        faults = self.hub.faults
        left = faults.cuts.popleft() if faults.cuts else -1
        position = start
        while position <= end and left != 0:
            size = min(PIECE_BYTES, end - position + 1)
            piece = file.read(position, size if left < 0 else min(size, left))
            if faults.flipped and position == 0:
                piece = bytes([piece[0] ^ 0xFF]) + piece[1:]
            self.wfile.write(piece)
            position += len(piece)
            left = left - len(piece) if left >= 0 else left
            if faults.bytes_per_s:
                self.hub.released.wait(len(piece) / faults.bytes_per_s)
            if faults.stalls_after is not None and position >= faults.stalls_after:
                self.hub.released.wait(30)
            if self.hub.released.is_set():
                break
        if position <= end or faults.longer_by:
            self.wfile.write(bytes(max(0, faults.longer_by)))
        if position <= end:
            self.close_connection = True

    def _send_json(self, document: object, headers: dict[str, str]) -> None:
        self._send(200, {"Content-Type": "application/json", **headers}, json.dumps(document))

    def _send(self, status: int, headers: dict[str, str], body: str = "") -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


def _within(bounds: str, parameters: int | None) -> bool:
    """Whether so many parameters are within min:6B,max:128B; what is not known is within no bounds."""
    for bound in filter(None, bounds.split(",")):
        side, _, text = bound.partition(":")
        limit = int(text[:-1]) * _UNITS[text[-1]] if text[-1] in _UNITS else int(text)
        if parameters is None or (parameters < limit if side == "min" else parameters > limit):
            return False
    return True


def serve(folder: Path) -> None:
    with FakeHub() as hub:
        for path in sorted(each for each in folder.iterdir() if each.is_dir()):
            files = {}
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    with file.open("rb") as content:
                        figure = hashlib.file_digest(content, "sha256").hexdigest()
                    files[file.relative_to(path).as_posix()] = File(path=file, sha256=figure)
            hub.add(f"local/{path.name}", dict(files))
        print(f"HF_ENDPOINT={hub.endpoint}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
