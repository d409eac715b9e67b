"""Messages to the prompt that a model was trained on, by the chat template in its file.

The template is not trusted: `engine.worker.rendering` runs it in a process of its own, and here stands the
watch over that process. What takes too long or too much memory is ended and refused; the next rendering
starts a new process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final, cast

import psutil

from engine.contract import Message
from engine.errors import TemplateError

# The frozen app has no interpreter: its own executable becomes the renderer when it is given this argument.
RENDERER_ARGUMENT: Final = "--render-templates"
TIME_LIMIT_S: Final = 1.5
MEMORY_LIMIT_BYTES: Final = 512 * 1024 * 1024
MAX_TEXT_CHARS: Final = 4 * 1024 * 1024
START_LIMIT_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.02
# JSON writes a character as six bytes at most.
_MAX_ANSWER_BYTES: Final = 6 * MAX_TEXT_CHARS + 4096


class ChatTemplate:
    """One model's template. For one thread; `close` ends its process."""

    def __init__(
        self,
        source: str,
        bos_token: str,
        eos_token: str,
        *,
        now: Callable[[], datetime] = datetime.now,
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._template = {"source": source, "bos_token": bos_token, "eos_token": eos_token}
        self._now = now
        self._time_limit_s = time_limit_s
        self._process: _RendererProcess | None = None

    def prepare(self) -> None:
        """Start the process and compile the template, so that the first rendering is as quick as others.

        Raises:
            TemplateError: it is not a template that can be used.
        """
        self._prepare()

    def render(
        self,
        messages: Sequence[Message],
        arguments: Mapping[str, bool | int | float | str],
        add_generation_prompt: bool = True,
    ) -> str:
        """The prompt, up to where the reply begins.

        `arguments` reach the template by name. A model without a system role gets the system message in
        front of the first other one.

        Raises:
            TemplateError: the template refuses these messages, fails, or takes too much time or memory.
        """
        time_left_s = self._prepare()
        request = {
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "arguments": dict(arguments),
            "add_generation_prompt": add_generation_prompt,
        }
        return self._ask(request, time_left_s)

    def close(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _prepare(self) -> float:
        """Seconds left for the rendering: compiling comes out of the same limit."""
        if self._process is not None:
            return self._time_limit_s
        self._process = _start()
        began = monotonic()
        try:
            self._ask(self._template, self._time_limit_s)
        except TemplateError:
            self.close()
            raise
        return max(self._time_limit_s - (monotonic() - began), _LOOK_EVERY_S)

    def _ask(self, request: Mapping[str, Any], limit_s: float) -> str:
        process = cast(_RendererProcess, self._process)
        now = self._now().replace(tzinfo=None).isoformat()
        answer = process.ask({**request, "now": now}, limit_s)
        if process.is_gone:
            self.close()
        if "refused" in answer:
            raise TemplateError(answer["refused"])
        return answer["text"]


class _RendererProcess:
    """The process and the pipes to it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._input = cast(IO[bytes], process.stdin)
        self._output = cast(IO[bytes], process.stdout)
        self._verdict = ""
        self.is_gone = False

    def ask(self, request: Mapping[str, Any], limit_s: float) -> dict[str, str]:
        """Its answer, or the refusal that stands for it when the process had to be ended."""
        line = json.dumps(request).encode() + b"\n"
        with self._watched(limit_s), suppress(BrokenPipeError):
            self._input.write(line)
            self._input.flush()
            return self._read()
        return self._read()

    def wait_until_ready(self) -> None:
        with self._watched(START_LIMIT_S):
            answer = self._read()
        if "ready" not in answer:
            self.end()
            raise TemplateError("The process that renders chat templates could not be started.")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()
        with suppress(BrokenPipeError):
            self._input.close()

    def _read(self) -> dict[str, str]:
        line = self._output.readline(_MAX_ANSWER_BYTES)
        if line.endswith(b"\n"):
            return cast(dict[str, str], json.loads(line))
        self.is_gone = True
        refusal = self._verdict or "The chat template crashed the process that renders it."
        return {"refused": refusal}

    @contextmanager
    def _watched(self, limit_s: float) -> Iterator[None]:
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(done, limit_s), name="template watch")
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()

    def _watch(self, done: threading.Event, limit_s: float) -> None:
        deadline = monotonic() + limit_s
        while not done.wait(_LOOK_EVERY_S):
            if monotonic() > deadline:
                self._verdict = "The chat template takes too long; it was stopped."
            elif self._resident_bytes() > MEMORY_LIMIT_BYTES:
                self._verdict = "The chat template needs too much memory."
            if self._verdict:
                self._process.kill()
                return

    def _resident_bytes(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0


def _start() -> _RendererProcess:
    try:
        process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as fault:
        raise TemplateError(
            f"The process that renders chat templates did not start: {fault}."
        ) from fault
    renderer = _RendererProcess(process)
    renderer.wait_until_ready()
    return renderer


def _command() -> list[str]:
    limits = [str(MEMORY_LIMIT_BYTES), str(MAX_TEXT_CHARS)]
    if getattr(sys, "frozen", False):
        return [sys.executable, RENDERER_ARGUMENT, *limits]
    # -P: a file of ours beside the script must not stand in for a module that the script imports.
    return [sys.executable, "-P", str(Path(__file__).with_name("rendering.py")), *limits]
