"""A worker process: `main.py --worker`.

It reads requests from its standard input and writes responses to what was its standard output; both
carry frames (engine/frames.py) of the messages in engine/protocol/, whose docstring is the protocol.
Whatever prints, prints to standard error: that is the log, which the parent keeps the end of.

One thread decodes; a second only reads requests. The process leaves through os._exit after freeing the
model, because interpreter shutdown frees in an order that some backends abort on.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import traceback
from collections.abc import Callable

import msgspec

from engine.errors import DeviceError, GrammarError, TemplateError
from engine.frames import write_frame
from engine.protocol import (
    PROTOCOL_VERSION,
    CollectImportance,
    DeviceList,
    Done,
    Generate,
    GenerateMany,
    ListDevices,
    Load,
    Measure,
    ModelLoaded,
    PartReply,
    PrepareMany,
    Progress,
    Quantize,
    Ready,
    Refused,
    Request,
    Response,
    ScoreReplies,
    ScoreText,
    WarmingUpNow,
)
from engine.worker.backend import Backend
from engine.worker.generate import Generation
from engine.worker.imatrix import collect
from engine.worker.inbox import Inbox
from engine.worker.interrupt import Interrupt
from engine.worker.loading import LoadedModel, load_model
from engine.worker.many import ManyReplies
from engine.worker.parting import part_reply
from engine.worker.preparing import prepare
from engine.worker.quantizing import quantize
from engine.worker.refused import RequestRefused
from engine.worker.reply_scoring import score_replies
from engine.worker.scoring import score_text
from engine.worker.speed import measure
from engine.worker.warmup import warm_up

EXIT_OWN_FAULT = 70


def main() -> None:
    """Serve until the input ends; never returns."""
    faulthandler.enable(file=sys.stderr)
    responses = _take_stdout()
    code = 0
    worker = None
    try:
        interrupt = Interrupt()
        inbox = Inbox(sys.stdin.fileno(), interrupt)
        worker = Worker(Backend(), inbox, interrupt, responses)
        worker.serve()
    except BrokenPipeError:
        pass
    except Exception:  # noqa: BLE001 - the worker loop: the log tells the parent
        traceback.print_exc()
        code = EXIT_OWN_FAULT
    if worker is not None:
        worker.unload()
    sys.stderr.flush()
    os._exit(code)


class Worker:
    def __init__(self, backend: Backend, inbox: Inbox, interrupt: Interrupt, fd: int) -> None:
        self._backend = backend
        self._inbox = inbox
        self._interrupt = interrupt
        self._fd = fd
        self._loaded: LoadedModel | None = None
        self._encoder = msgspec.msgpack.Encoder()

    def serve(self) -> None:
        self._inbox.start()
        self._send(Ready(version=PROTOCOL_VERSION, pid=os.getpid()))
        while (entry := self._inbox.next()) is not None:
            request, received = entry
            self._inbox.begin(request.id)
            try:
                response = self._answer(request, received)
            except RequestRefused as refused:
                response = Refused(id=request.id, kind=refused.kind, sentence=refused.sentence)
            except TemplateError as error:
                response = Refused(id=request.id, kind="template", sentence=str(error))
            except GrammarError as error:
                response = Refused(id=request.id, kind="grammar", sentence=str(error))
            except DeviceError as error:
                response = Refused(id=request.id, kind="device", sentence=str(error))
            self._inbox.end(request.id)
            self._send(response)

    def unload(self) -> None:
        if self._loaded is not None:
            self._loaded.close()
            self._loaded = None

    def _answer(self, request: Request, received: float) -> Response:
        match request:
            case Load():
                return self._load(request)
            case Generate():
                loaded = self._require_model()
                return Generation(loaded, request, received, self._interrupt, self._send).run()
            case PrepareMany():
                return prepare(self._backend, self._require_model(), request, self._interrupt)
            case ScoreText() | ScoreReplies() | PartReply():
                return self._with_several_models(request)
            case ListDevices():
                return self._list_devices(request)
            case GenerateMany() | Measure() | Quantize() | CollectImportance():
                self._carry_out(request)
                return Done(id=request.id)
            case _:
                raise AssertionError(f"not a request: {request}")

    def _carry_out(self, request: GenerateMany | Measure | Quantize | CollectImportance) -> None:
        """What ends in Done, whatever it sends before."""
        match request:
            case GenerateMany():
                loaded = self._require_sequences(request.n_sequences)
                ManyReplies(loaded, request, self._interrupt, self._send).run()
            case Measure():
                loaded = self._require_model()
                measure(self._backend, loaded, request, self._interrupt, self._send)
            case Quantize():
                quantize(self._backend, request, self._progress(request.id))
            case CollectImportance():
                self.unload()
                report = self._progress(request.id)
                collect(self._backend, request, self._interrupt, report)

    def _load(self, request: Load) -> Response:
        self.unload()
        loaded, load_s, cached = load_model(
            self._backend, request, self._interrupt, self._progress(request.id)
        )
        self._loaded = loaded
        if request.warm_up:
            self._send(WarmingUpNow(id=request.id))
            warm_up(loaded)
        return ModelLoaded(
            id=request.id,
            load_s=load_s,
            cached_fraction=cached,
            runtime=loaded.resolved,
            memory=loaded.memory_figures(),
        )

    def _with_several_models(self, request: ScoreText | ScoreReplies | PartReply) -> Response:
        """They bring models of their own, so the loaded one makes room."""
        self.unload()
        report = self._progress(request.id)
        if isinstance(request, PartReply):
            return part_reply(self._backend, request, self._interrupt, report)
        if isinstance(request, ScoreReplies):
            score_replies(self._backend, request, self._interrupt, self._send, report)
        else:
            score_text(self._backend, request, self._interrupt, self._send, report)
        return Done(id=request.id)

    def _progress(self, request_id: int) -> Callable[[float], None]:
        """Sends at most one message a percent."""
        last = -1

        def report(fraction: float) -> None:
            nonlocal last
            percent = int(fraction * 100)
            if percent != last:
                last = percent
                self._send(Progress(id=request_id, fraction=fraction))

        return report

    def _list_devices(self, request: ListDevices) -> DeviceList:
        self._backend.add_rpc_servers(request.rpc_servers)
        return DeviceList(
            id=request.id,
            devices=tuple(info for _, info in self._backend.devices()),
            llama_cpp=self._backend.build(),
            system_info=self._backend.system_info(),
        )

    def _require_model(self) -> LoadedModel:
        if self._loaded is None:
            raise RequestRefused("request", "No model is loaded in this worker.")
        return self._loaded

    def _require_sequences(self, n: int) -> LoadedModel:
        loaded = self._require_model()
        if n + 1 > loaded.n_sequences:
            raise RequestRefused("request", f"No room was made for {n} sequences at once.")
        return loaded

    def _send(self, response: Response) -> None:
        write_frame(self._fd, self._encoder.encode(response))


def _take_stdout() -> int:
    """Keep the response pipe for ourselves and point standard output at the log."""
    if sys.platform == "win32":
        import msvcrt

        for stream in (sys.stdin, sys.stdout):
            msvcrt.setmode(stream.fileno(), os.O_BINARY)
    responses = os.dup(1)
    os.dup2(2, 1)
    return responses
