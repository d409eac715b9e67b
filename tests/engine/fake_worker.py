"""A worker that speaks the protocol and holds no model: what it does is written in its model's file name.

`python fake_worker.py` serves on its standard streams like the real one. A model file called
"crash-in-load.gguf" makes it abort while loading, and so on: see ACTS.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from pathlib import Path

import msgspec

from engine.contract import Memory
from engine.frames import EndOfStream, read_frame, write_frame
from engine.protocol import (
    PROTOCOL_VERSION,
    DeviceList,
    Generate,
    Generated,
    ListDevices,
    Load,
    ModelLoaded,
    Progress,
    Ready,
    Refused,
    Request,
    Response,
    Stop,
    Text,
    WarmingUpNow,
)
from tests.resolved import RESOLVED

ACTS = (
    "answer",
    "crash-in-load",
    "crash-in-reply",
    "killed-in-reply",
    "corrupt",
    "endless",
    "nonsense",
    "too-long",
)
WORDS = ("One ", "two ", "three.")


class FakeWorker:
    def __init__(self) -> None:
        self._act = "answer"
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._stops: queue.SimpleQueue[int] = queue.SimpleQueue()

    def serve(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        self._send(Ready(version=PROTOCOL_VERSION, pid=os.getpid()))
        while (request := self._requests.get()) is not None:
            match request:
                case ListDevices(id=number):
                    self._send(
                        DeviceList(id=number, devices=(), llama_cpp="fake", system_info="none")
                    )
                case Load():
                    self._load(request)
                case Generate():
                    self._generate(request)
                case _:
                    raise AssertionError(request)

    def _load(self, request: Load) -> None:
        self._act = next(act for act in ACTS if Path(request.path).name.startswith(act))
        self._send(Progress(id=request.id, fraction=0.5))
        if self._act == "crash-in-load":
            _abort("GGML_ASSERT(n_layer > 0) failed")
        if self._act == "corrupt":
            self._send(Refused(id=request.id, kind="corrupt", sentence="The file is damaged."))
            return
        self._send(WarmingUpNow(id=request.id))
        self._send(
            ModelLoaded(
                id=request.id,
                load_s=0.25,
                cached_fraction=1.0,
                runtime=RESOLVED,
                memory=Memory(
                    peak_bytes=1, mapped_bytes=1, device_bytes=int("gpu" in request.path)
                ),
            )
        )

    def _generate(self, request: Generate) -> None:
        if self._act == "too-long":
            self._send(Refused(id=request.id, kind="context", sentence="9 tokens, 5 fit."))
            return
        for count, word in enumerate(WORDS, 1):
            self._send(Text(id=request.id, text=word, channel="text", generated_tokens=count))
            if self._act == "crash-in-reply":
                _abort("GGML_ASSERT(i < n) failed")
            if self._act == "killed-in-reply":
                os.kill(os.getpid(), signal.SIGKILL)
        if self._act == "nonsense":
            write_frame(1, b"\xc1")
        stopped = self._act == "endless"
        while stopped and self._stops.get(timeout=30) != request.id:
            pass
        self._send(
            Generated(
                id=request.id,
                finish_reason="stopped" if stopped else "stop",
                prompt_tokens=4,
                prompt_s=0.5,
                token_times_s=(0.5, 0.6, 0.8),
                total_s=0.8,
                memory=Memory(peak_bytes=10, mapped_bytes=5, device_bytes=0),
            )
        )

    def _send(self, response: Response) -> None:
        write_frame(1, msgspec.msgpack.encode(response))

    def _read(self) -> None:
        decoder = msgspec.msgpack.Decoder(Request)
        try:
            while True:
                message = decoder.decode(read_frame(0))
                if isinstance(message, Stop):
                    self._stops.put(message.id)
                else:
                    self._requests.put(message)
        except EndOfStream:
            os._exit(0)


def _abort(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
    os.abort()


if __name__ == "__main__":
    FakeWorker().serve()
