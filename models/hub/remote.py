"""The header of a file on the hub, read without downloading the file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from models.gguf import GgufModel, read_header
from models.hub.client import Repository
from models.hub.errors import Unreachable
from models.hub.http import HubHttp
from models.hub.listing import Choice, HubFile

FIRST_BYTES: Final = 1024 * 1024
MOST_BYTES: Final = 8 * 1024 * 1024  # of one request; each asks for twice as much as the last


class RemoteSource:
    """A file of the hub, read in ranges that grow, each once."""

    def __init__(self, http: HubHttp, repository: Repository, file: HubFile) -> None:
        self.name = f"{repository.repo}/{file.name}"
        self.size = file.size_bytes
        self._http = http
        self._address = http.file_address(repository.repo, file.name, repository.commit)
        self._block = b""
        self._block_start = 0
        self._next_bytes = FIRST_BYTES

    def read_at(self, offset: int, size: int) -> bytes:
        start = offset - self._block_start
        if not 0 <= start <= len(self._block):
            self._block, self._block_start, start = b"", offset, 0
        missing = start + min(size, self.size - offset) - len(self._block)
        if missing > 0:
            here = self._block[start:]
            end = self._block_start + len(self._block)
            self._block = here + self._fetch(end, max(missing, self._next_bytes))
            self._block_start, start = offset, 0
            self._next_bytes = min(2 * self._next_bytes, MOST_BYTES)
        return self._block[start : start + size]

    def _fetch(self, offset: int, size: int) -> bytes:
        end = min(offset + size, self.size) - 1
        headers = {"Range": f"bytes={offset}-{end}"}
        block = bytearray()
        with self._http.read(self._address, self.name, headers) as response:
            if response.status_code != 206 and offset > 0:
                raise Unreachable(
                    f"The hub does not give parts of {self.name}, so its header cannot be read."
                )
            for piece in response.iter_raw():
                block += piece
                if len(block) > end - offset:
                    break  # a server that ignores the range would send the whole file
        return bytes(block[: end - offset + 1])


def read_remote_model(http: HubHttp, repository: Repository, choice: Choice) -> GgufModel:
    """The headers of all parts; raises HubError, or ModelFileError for a damaged header."""
    headers = [read_header(RemoteSource(http, repository, file)) for file in choice.files]
    return GgufModel(
        paths=tuple(Path(repository.repo, file.name) for file in choice.files),
        metadata=headers[0].metadata,
        tensors=tuple(tensor for header in headers for tensor in header.tensors),
        size_bytes=choice.size_bytes,
    )
