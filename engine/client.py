"""A worker process seen from this side: started, asked, stopped, and its end put into words.

Two threads serve each worker: one reads responses into a queue, one keeps the end of its log. The methods
may be called from any thread; one request runs at a time.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Literal

import msgspec

from engine.errors import (
    ContextExceeded,
    CorruptFile,
    DeviceError,
    GrammarError,
    LoadError,
    MissingFile,
    NotEnoughMemory,
    NotGguf,
    ProtocolError,
    QuantizeError,
    RequestError,
    SteelyardError,
    TemplateError,
    TruncatedFile,
    UnreadableFile,
    UnsupportedModel,
    WorkerDied,
)
from engine.frames import EndOfStream, read_frame, write_frame
from engine.outcome import describe_end
from engine.protocol import (
    PROTOCOL_VERSION,
    Ready,
    Refused,
    Request,
    Response,
    Stop,
)

LOG_LINES = 200
START_LIMIT_S = 60.0
_END_GRACE_S = 5.0


_LAST_RESPONSES = frozenset(
    {"ModelLoaded", "Generated", "SequencesChosen", "Parting", "DeviceList", "Done"}
)


class Stopped(Exception):
    """The request was stopped before it had anything to show."""


_REFUSALS: dict[str, type[SteelyardError]] = {
    "missing": MissingFile,
    "unreadable": UnreadableFile,
    "not_gguf": NotGguf,
    "truncated": TruncatedFile,
    "corrupt": CorruptFile,
    "unsupported": UnsupportedModel,
    "load": LoadError,
    "memory": NotEnoughMemory,
    "context": ContextExceeded,
    "template": TemplateError,
    "grammar": GrammarError,
    "request": RequestError,
    "device": DeviceError,
    "quantize": QuantizeError,
}


def worker_command() -> tuple[str, ...]:
    """How to start a worker: this very program, told to be one."""
    if getattr(sys, "frozen", False):
        return (sys.executable, "--worker")
    main = Path(__file__).resolve().parent.parent / "main.py"
    return (sys.executable, str(main), "--worker")


class WorkerClient:
    """Owns one worker process; `close` ends it and waits until it is gone."""

    def __init__(self, what: str, command: Sequence[str] | None = None) -> None:
        self._what = what
        self._command = tuple(command or worker_command())
        self._responses: queue.SimpleQueue[Response | ProtocolError | None] = queue.SimpleQueue()
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._write_lock = threading.Lock()
        self._next_id = 0
        self._running: int | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and wait until it is ready; raises WorkerDied or ProtocolError."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            # Ctrl+C in a terminal goes to a whole group; what it means is for this process to say.
            process_group=None if sys.platform == "win32" else 0,
        )
        for target, name in ((self._read_responses, "responses"), (self._read_log, "log")):
            thread = threading.Thread(target=target, name=f"worker-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)
        match self._receive(START_LIMIT_S):
            case Ready(version=version) if version == PROTOCOL_VERSION:
                return
            case other:
                self.close()
                raise ProtocolError(f"{self._what} is of another version of the app: {other}.")

    def next_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def ask(self, request: Request, stopping: threading.Event | None = None) -> Iterator[Response]:
        """Send a request and give its responses, the last one included.

        A caller that sets `stopping` before it calls `stop` cannot lose a race against this start.
        Raises Stopped, the SteelyardError that a refusal stands for, or WorkerDied.
        """
        self._running = request.id
        try:
            self._send(request)
            if stopping is not None and stopping.is_set():
                self.stop()
            while True:
                response = self._receive(None)
                if isinstance(response, Refused):
                    if response.kind == "stopped":
                        raise Stopped
                    raise _REFUSALS[response.kind](response.sentence)
                yield response
                if type(response).__name__ in _LAST_RESPONSES:
                    return
        finally:
            self._running = None

    def stop(self) -> None:
        """Stop the running request; it still ends with what it has. Harmless when nothing runs."""
        running = self._running
        if running is not None and self.alive:
            try:
                self._send(Stop(id=running))
            except WorkerDied:
                return

    def log(self) -> tuple[str, ...]:
        return tuple(self._log)

    def close(self) -> None:
        """End the process: by closing its input, after a grace by force. Leaves no zombie, no thread."""
        process = self._process
        if process is None:
            return
        if process.stdin and not process.stdin.closed:
            with self._write_lock:
                process.stdin.close()
        try:
            process.wait(_END_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._join()

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self.close()

    def _join(self) -> None:
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_END_GRACE_S)
        process = self._process
        if process and process.stdout and process.stderr:
            process.stdout.close()
            process.stderr.close()

    def _send(self, message: Request) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise self._died()
        payload = msgspec.msgpack.encode(message)
        try:
            with self._write_lock:
                write_frame(process.stdin.fileno(), payload)
        except (BrokenPipeError, ValueError, OSError) as error:
            raise self._died() from error

    def _receive(self, limit_s: float | None) -> Response:
        try:
            response = self._responses.get(timeout=limit_s)
        except queue.Empty as late:
            self.kill()
            raise WorkerDied(
                f"{self._what} did not start within {limit_s:.0f} s.", self.log()
            ) from late
        if isinstance(response, ProtocolError):
            self.kill()
            raise response
        if response is None:
            # Keep the end readable for whoever asks next.
            self._responses.put(None)
            raise self._died()
        return response

    def _died(self) -> WorkerDied:
        code: int | None = None
        if self._process is not None:
            try:
                code = self._process.wait(_END_GRACE_S)
            except subprocess.TimeoutExpired:
                code = None
        self._join()
        return WorkerDied(describe_end(self._what, code, self.log()), self.log())

    def _read_responses(self) -> None:
        fd = _pipe(self._process, "stdout").fileno()
        decoder = msgspec.msgpack.Decoder(Response)
        try:
            while True:
                self._responses.put(decoder.decode(read_frame(fd)))
        except (EndOfStream, OSError):
            self._responses.put(None)
        except (ProtocolError, msgspec.DecodeError) as error:
            self._responses.put(
                ProtocolError(f"{self._what} sent a message that makes no sense: {error}")
            )

    def _read_log(self) -> None:
        for raw in iter(_pipe(self._process, "stderr").readline, b""):
            self._log.append(raw.decode("utf-8", "replace").rstrip("\n"))


def _pipe(process: subprocess.Popen[bytes] | None, name: Literal["stdout", "stderr"]) -> IO[bytes]:
    pipe: IO[bytes] | None = getattr(process, name)
    assert pipe is not None
    return pipe
