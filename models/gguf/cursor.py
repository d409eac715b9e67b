"""Reading a header from front to back, with every length checked before anything is allocated."""

from __future__ import annotations

import struct
from typing import Final

from engine.errors import CorruptFile, TruncatedFile
from models.gguf.source import Source
from models.gguf.strings import LENGTH_BYTES, pass_strings

WINDOW_BYTES: Final = 512 * 1024
MAX_HEADER_BYTES: Final = 128 * 1024 * 1024  # the largest vocabularies known take 16 MiB


class Cursor:
    """A place in a source that moves on as values are read; a window of it is in memory."""

    def __init__(self, source: Source) -> None:
        self.position = 0
        self._source = source
        self._window = b""
        self._window_start = 0

    def unpack(self, form: struct.Struct) -> tuple[int | float | bool, ...]:
        start = self._need(form.size)
        self.position += form.size
        return form.unpack_from(self._window, start)

    def take(self, size: int) -> bytes:
        """The next `size` bytes; the caller has bounded it."""
        if size <= WINDOW_BYTES:
            start = self._need(size)
            self.position += size
            return self._window[start : start + size]
        self._check(size)
        taken = bytearray()
        while len(taken) < size:
            taken += self.take(min(size - len(taken), WINDOW_BYTES))
        return bytes(taken)

    def skip(self, size: int) -> None:
        self._check(size)
        self.position += size

    def skip_strings(self, count: int) -> None:
        while count > 0:
            start = self._need(LENGTH_BYTES)
            end, passed = pass_strings(self._window, start, count)
            count -= passed
            self.skip(end - start)

    def _need(self, size: int) -> int:
        """Where in the window the next `size` bytes begin, read if they are not in it."""
        start = self.position - self._window_start
        if start + size <= len(self._window) and start >= 0:
            return start
        self._check(size)
        self._window = self._source.read_at(self.position, WINDOW_BYTES)
        self._window_start = self.position
        if len(self._window) < size:
            raise self._truncated()
        return 0

    def _check(self, size: int) -> None:
        end = self.position + size
        if end > self._source.size and size <= MAX_HEADER_BYTES:
            raise self._truncated()
        if end > MAX_HEADER_BYTES:
            raise CorruptFile(
                f"{self._source.name} is damaged: its header does not end within "
                f"{MAX_HEADER_BYTES // 1024**2} MiB. Download it again."
            )

    def _truncated(self) -> TruncatedFile:
        return TruncatedFile(
            f"{self._source.name} ends in the middle of its header, after {self._source.size:,} "
            "bytes. Download it again."
        )
