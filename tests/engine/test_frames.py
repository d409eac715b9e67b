from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolError
from engine.frames import MAX_FRAME_BYTES, EndOfStream, read_frame, write_frame


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        with contextlib.suppress(OSError):
            os.close(descriptor)


@given(st.lists(st.binary(max_size=2000), max_size=8))
def test_frames_come_out_as_they_went_in(payloads: list[bytes]) -> None:
    read, write = os.pipe()
    try:
        for payload in payloads:
            write_frame(write, payload)
        assert [read_frame(read) for _ in payloads] == payloads
    finally:
        os.close(read)
        os.close(write)


def test_a_frame_larger_than_the_pipe_holds_is_read_whole(pipe: tuple[int, int]) -> None:
    read, write = pipe
    payload = os.urandom(5 * 1024 * 1024)
    writer = threading.Thread(target=write_frame, args=(write, payload))
    writer.start()
    assert read_frame(read) == payload
    writer.join()


def test_the_end_between_frames_is_the_end_of_the_stream(pipe: tuple[int, int]) -> None:
    os.close(pipe[1])
    with pytest.raises(EndOfStream):
        read_frame(pipe[0])


def test_the_end_inside_a_frame_is_the_end_of_the_stream(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"\x10\0\0\0only this")
    os.close(pipe[1])
    with pytest.raises(EndOfStream):
        read_frame(pipe[0])


def test_an_absurd_length_is_refused_before_it_is_allocated(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], (MAX_FRAME_BYTES + 1).to_bytes(4, "little"))
    with pytest.raises(ProtocolError, match="too large"):
        read_frame(pipe[0])


def test_a_message_over_the_limit_is_not_written(pipe: tuple[int, int]) -> None:
    with pytest.raises(ProtocolError, match="too large"):
        write_frame(pipe[1], bytes(MAX_FRAME_BYTES + 1))
