"""Headers that mean harm cost little and end in a sentence."""

from __future__ import annotations

import struct
import time
import tracemalloc

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tests.models import ggufs
from tests.models.fuzz_headers import (
    MAX_EXTRA_BYTES,
    MAX_S,
    Cost,
    fuzz,
    measure,
    read,
    seed_headers,
)

HEADERS = seed_headers()


def test_mutated_headers_neither_crash_nor_hang_nor_take_memory() -> None:
    cost = fuzz(400, seed=1)
    assert cost.tried == 400
    assert 0 < cost.accepted < 400
    assert cost.longest_s < MAX_S
    assert cost.most_bytes < MAX_EXTRA_BYTES


@settings(max_examples=200, deadline=1000)
@given(st.binary(max_size=400))
def test_any_bytes_behind_a_magic_number_are_read_or_refused(content: bytes) -> None:
    read(b"GGUF" + struct.pack("<I", 3) + content)


@settings(max_examples=200, deadline=1000)
@given(st.data())
def test_any_eight_bytes_of_a_header_may_be_changed(choice: st.DataObject) -> None:
    header = choice.draw(st.sampled_from(HEADERS))
    place = choice.draw(st.integers(0, len(header) - 1))
    read(header[:place] + choice.draw(st.binary(min_size=8, max_size=8)) + header[place + 8 :])


def empty_strings(count: int) -> bytes:
    return ggufs.gguf([ggufs.strings("k", [b""] * count)])


def broken_chain(count: int) -> bytes:
    """Each string holds what looks like a length, so that no stretch can be passed at once."""
    return ggufs.gguf([ggufs.strings("k", [b"\x05" + bytes(9)] * count)])


def many_texts(count: int) -> bytes:
    return ggufs.gguf([ggufs.string(f"k{n}", "\N{GRINNING FACE}" * 250_000) for n in range(count)])


def many_tensors(count: int) -> bytes:
    return ggufs.gguf([], [ggufs.TensorBytes(f"t{n}", (0,), 0, 0) for n in range(count)])


WORST = {
    "empty strings": lambda: empty_strings(2_000_000),
    "a broken chain": lambda: broken_chain(1_500_000),
    "long texts": lambda: many_texts(60),
    "many entries": lambda: ggufs.gguf([ggufs.u32(f"key{n}", n) for n in range(65_536)]),
    "many tensors": lambda: many_tensors(65_536),
}


@pytest.mark.parametrize("kind", WORST)
def test_the_worst_that_the_bounds_allow_takes_less_than_a_second(kind: str) -> None:
    content = WORST[kind]()
    start = time.process_time()
    read(content)
    assert time.process_time() - start < MAX_S


@pytest.mark.parametrize("kind", ["long texts", "many tensors"])
def test_the_worst_that_the_bounds_allow_takes_little_memory(kind: str) -> None:
    cost = Cost()
    content = WORST[kind]()
    tracemalloc.start()
    try:
        measure(content, cost)
    finally:
        tracemalloc.stop()
    assert cost.most_bytes < MAX_EXTRA_BYTES
