"""A worker without a model whose reply takes a given time, and whose model may lie on a GPU.

`python paced_worker.py SECONDS [GPU]` serves on its standard streams like the real one.
"""

from __future__ import annotations

import sys
import time
from threading import Event

from msgspec.structs import replace

from engine.contract import DeviceInfo, DeviceUse, Memory
from engine.protocol import (
    DeviceList,
    Generate,
    Generated,
    Load,
    ModelLoaded,
    Response,
    Text,
)
from tests.engine.fake_worker import FakeWorker

GPU = DeviceInfo(
    name="CUDA0", description="Imaginary RTX 1000", kind="gpu", backend="CUDA", total_bytes=1 << 33
)


class PacedWorker(FakeWorker):
    def __init__(self, seconds: float, *, gpu: bool) -> None:
        super().__init__()
        self._seconds = seconds
        self._gpu = gpu

    def _load(self, request: Load) -> None:
        super()._load(replace(request, path="answer"))

    def _generate(self, request: Generate) -> None:
        """The first token comes after a quarter of the time."""
        began_s, never = time.monotonic(), Event()
        times_s = tuple(self._seconds * part / 4 for part in range(1, 5))
        for count, due_s in enumerate(times_s, 1):
            never.wait(max(0.0, began_s + due_s - time.monotonic()))
            self._send(Text(id=request.id, text="word ", channel="text", generated_tokens=count))
        self._send(
            Generated(
                id=request.id,
                finish_reason="stop",
                prompt_tokens=10,
                prompt_s=times_s[0],
                token_times_s=times_s,
                total_s=self._seconds,
                memory=Memory(peak_bytes=10, mapped_bytes=5, device_bytes=0),
            )
        )

    def _send(self, response: Response) -> None:
        if self._gpu and isinstance(response, DeviceList):
            response = replace(response, devices=(GPU,))
        if self._gpu and isinstance(response, ModelLoaded):
            held = (DeviceUse(name=GPU.name, model_bytes=1000),)
            response = replace(response, runtime=replace(response.runtime, devices=held))
        super()._send(response)


if __name__ == "__main__":
    PacedWorker(float(sys.argv[1]), gpu=len(sys.argv) > 2).serve()
