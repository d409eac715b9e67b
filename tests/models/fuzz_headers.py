"""Mutations of real headers, and what reading them may cost.

Run by hand for the long version: `python -m tests.models.fuzz_headers 10000`.
"""

from __future__ import annotations

import random
import struct
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Final

import msgspec

from engine.errors import ModelFileError
from models.describe import model_file
from models.gguf import GgufModel, read_header
from tests.models import ggufs

MAX_S: Final = 1.0
MAX_EXTRA_BYTES: Final = 64 * 1024 * 1024

_NASTY: Final = [0, 1, 7, 8, 9, 255, 2**16, 2**31, 2**32 - 1, 2**40, 2**63, 2**64 - 1]


class Memory:
    """A source that is a piece of memory and claims to be as long as it likes."""

    def __init__(self, content: bytes, claimed: int | None = None) -> None:
        self.name = "memory"
        self.size = len(content) if claimed is None else claimed
        self._content = content

    def read_at(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]


class Cost(msgspec.Struct):
    tried: int = 0
    accepted: int = 0
    longest_s: float = 0.0
    most_bytes: int = 0


def seed_headers() -> list[bytes]:
    """Whole headers in miniature: every kind of value, arrays, a vocabulary, tensors."""
    entries = [
        ggufs.string("general.architecture", "llama"),
        ggufs.u32("general.file_type", 15),
        ggufs.u32("llama.context_length", 8192),
        ggufs.u32("llama.block_count", 4),
        ggufs.i32s("llama.attention.head_count_kv", [2, 2, 0, 2]),
        ggufs.strings("general.tags", ["chat", "tiny"]),
        ggufs.strings("tokenizer.ggml.tokens", [f"▁t{n}" for n in range(600)]),
        ggufs.i32s("tokenizer.ggml.token_type", list(range(5000))),
        ggufs.string("tokenizer.chat_template", "{{ messages }}" * 40),
    ]
    tensors = [ggufs.f32(f"blk.{n}.attn_q.weight", 32, 4) for n in range(8)]
    return [ggufs.gguf(entries, tensors), ggufs.gguf(entries), ggufs.small_model(), ggufs.gguf()]


def mutate(header: bytes, chance: random.Random) -> bytes:
    content = bytearray(header)
    for _ in range(chance.randint(1, 4)):
        if not content:
            break
        place = chance.randrange(len(content))
        match chance.randrange(6):
            case 0:
                content[place] = chance.randrange(256)
            case 1:
                content[place : place + 8] = struct.pack("<Q", chance.choice(_NASTY))
            case 2:
                content[place : place + 4] = struct.pack("<I", chance.choice(_NASTY) & 0xFFFFFFFF)
            case 3:
                del content[place : place + chance.randint(1, 64)]
            case 4:
                content[place:place] = content[: chance.randint(1, 256)]
            case _:
                del content[place:]
    return bytes(content)


def read(content: bytes, claimed: int | None = None) -> bool:
    """Read like any caller; only the errors of our own tree may come out."""
    source = Memory(content, claimed)
    try:
        header = read_header(source)
    except ModelFileError:
        return False
    model = GgufModel(
        paths=(Path("memory"),),
        metadata=header.metadata,
        tensors=header.tensors,
        size_bytes=source.size,
    )
    model_file(model)
    return True


def measure(content: bytes, cost: Cost, claimed: int | None = None) -> None:
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    start = time.process_time()
    accepted = read(content, claimed)
    cost.longest_s = max(cost.longest_s, time.process_time() - start)
    cost.most_bytes = max(cost.most_bytes, tracemalloc.get_traced_memory()[1] - before)
    cost.tried += 1
    cost.accepted += accepted


def fuzz(count: int, seed: int) -> Cost:
    """Read `count` mutated headers; half of them claim to be terabytes long."""
    chance = random.Random(seed)
    cost = Cost()
    seeds = seed_headers()
    tracemalloc.start()
    try:
        for number in range(count):
            content = mutate(chance.choice(seeds), chance)
            measure(content, cost, 2**42 if number % 2 else None)
    finally:
        tracemalloc.stop()
    return cost


if __name__ == "__main__":
    print(fuzz(int(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 0))
