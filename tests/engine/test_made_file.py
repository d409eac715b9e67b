"""Files that a worker makes: called off while it says nothing, they leave nothing behind."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from engine.client import Stopped, WorkerClient
from engine.errors import WorkerDied
from engine.made_file import make_file
from engine.protocol import Quantize

# Writes half a file, then does as its argument says.
WORKER = """
import os, sys
import msgspec
from engine.frames import read_frame, write_frame
from engine.protocol import PROTOCOL_VERSION, Done, Quantize, Ready
encode = msgspec.msgpack.Encoder().encode
write_frame(1, encode(Ready(version=PROTOCOL_VERSION, pid=os.getpid())))
request = msgspec.msgpack.decode(read_frame(0), type=Quantize)
with open(request.target, "wb") as file:
    file.write(b"half")
if sys.argv[1] == "die":
    os._exit(3)
if sys.argv[1] == "finish":
    write_frame(1, encode(Done(id=request.id)))
os.read(0, 1)
"""


def make(target: Path, act: str, cancelled: Callable[[], bool] = lambda: False) -> None:
    make_file(
        target,
        lambda client, path: Quantize(id=client.next_id(), source="", target=path, file_type=0),
        on_progress=lambda fraction: None,
        cancelled=cancelled,
        start_worker=lambda what: WorkerClient(what, (sys.executable, "-c", WORKER, act)),
    )


def test_a_silent_worker_is_ended_when_it_is_called_off(tmp_path: Path) -> None:
    begun = time.perf_counter()
    with pytest.raises(Stopped):
        make(tmp_path / "a.gguf", "wait", cancelled=lambda: any(tmp_path.iterdir()))
    assert time.perf_counter() - begun < 5
    assert not list(tmp_path.iterdir())
    assert not psutil.Process().children()


def test_a_worker_that_dies_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"an older one")
    with pytest.raises(WorkerDied, match=r"makes a\.gguf"):
        make(tmp_path / "a.gguf", "die")
    assert [path.name for path in tmp_path.iterdir()] == ["a.gguf"]
    assert (tmp_path / "a.gguf").read_bytes() == b"an older one"


def test_the_file_gets_its_name_when_the_worker_is_done(tmp_path: Path) -> None:
    make(tmp_path / "new" / "a.gguf", "finish")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.gguf"]
