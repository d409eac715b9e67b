"""A real worker with the small model, asked in one line.

One thread by default: with more threads than free cores llama.cpp's barriers wait on each other, and the
tests would time the machine's load. What computes for long may ask how many are free.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from engine.client import WorkerClient
from engine.contract import Case, Message, Runtime, Sampling
from engine.protocol import Generate, Generated, Load, ModelLoaded, Text

ONE_THREAD = Runtime(n_ctx=512, threads=1)
_LOOK_S = 0.3
_IDLE_PERCENT = 25.0


def free_threads() -> int:
    """As many as cores are idle at this moment, at least one; what is computed does not depend on it."""
    busy: list[float] = psutil.cpu_percent(_LOOK_S, percpu=True)
    return max(1, sum(percent < _IDLE_PERCENT for percent in busy))


class Answer(msgspec.Struct, frozen=True):
    text: str
    reasoning: str
    end: Generated


class Running:
    def __init__(self, client: WorkerClient) -> None:
        self.client = client

    def load(
        self, path: Path, runtime: Runtime = ONE_THREAD, layers: int = 0, warm_up: bool = True
    ) -> ModelLoaded:
        request = Load(
            id=self.client.next_id(),
            path=str(path),
            runtime=runtime,
            n_gpu_layers=layers,
            warm_up=warm_up,
        )
        loaded = list(self.client.ask(request))[-1]
        assert isinstance(loaded, ModelLoaded)
        return loaded

    def request(self, prompt: str | Case, sampling: Sampling) -> Generate:
        return Generate(
            id=self.client.next_id(),
            case=prompt if isinstance(prompt, Case) else chat(prompt),
            sampling=sampling,
        )

    def ask(self, prompt: str | Case, **sampling: object) -> Answer:
        settings = Sampling(**{"max_tokens": 12, **sampling})  # type: ignore[arg-type]
        parts: dict[str, list[str]] = {"text": [], "reasoning": []}
        end: Generated | None = None
        for response in self.client.ask(self.request(prompt, settings)):
            if isinstance(response, Text):
                parts[response.channel].append(response.text)
            elif isinstance(response, Generated):
                end = response
        assert end is not None
        return Answer("".join(parts["text"]), "".join(parts["reasoning"]), end)


@contextmanager
def running_worker() -> Iterator[Running]:
    client = WorkerClient("The worker")
    client.start()
    try:
        yield Running(client)
    finally:
        client.close()


def chat(text: str, system: str | None = None) -> Case:
    first = (Message(role="system", content=system),) if system else ()
    return Case(id="1", messages=(*first, Message(role="user", content=text)))


def completion(text: str) -> Case:
    return Case(id="1", messages=(Message(role="user", content=text),), format="completion")
