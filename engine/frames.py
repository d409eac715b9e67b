"""Length-prefixed frames on a pipe: four bytes of length, little-endian, then that many bytes.

The end of the stream is an exception of its own (EndOfStream), and a length over MAX_FRAME_BYTES is
refused before anything is allocated for it.
"""

from __future__ import annotations

import os
import struct

from engine.errors import ProtocolError

MAX_FRAME_BYTES = 64 * 1024 * 1024
_LENGTH = struct.Struct("<I")


class EndOfStream(Exception):
    """The other side has closed the pipe between two frames, or died inside one."""


def write_frame(fd: int, payload: bytes) -> None:
    """Write one frame whole; raises BrokenPipeError when the other side is gone."""
    if len(payload) > MAX_FRAME_BYTES:
        raise ProtocolError(
            f"A message of {len(payload)} bytes is too large for the worker's pipe."
        )
    frame = memoryview(_LENGTH.pack(len(payload)) + payload)
    while frame:
        frame = frame[os.write(fd, frame) :]


def read_frame(fd: int) -> bytes:
    """Read one frame; raises EndOfStream, or ProtocolError for a length that cannot be right."""
    (length,) = _LENGTH.unpack(_read_exactly(fd, _LENGTH.size))
    if length > MAX_FRAME_BYTES:
        raise ProtocolError(f"The worker announced a message of {length} bytes; that is too large.")
    return _read_exactly(fd, length)


def _read_exactly(fd: int, n: int) -> bytes:
    chunks = []
    while n:
        chunk = os.read(fd, min(n, 1 << 20))
        if not chunk:
            raise EndOfStream
        chunks.append(chunk)
        n -= len(chunk)
    return b"".join(chunks)
